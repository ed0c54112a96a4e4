import {BaseCommand} from '../cli/base-command.ts'
import {string, text} from '../cli/flag.ts'
import {declarationFlags, reasonFlag} from './clients-flags.ts'

export class ClientsDeclare extends BaseCommand {
  static override summary = 'Declare in meshctl.yaml whom a client calls'
  static override description =
    'The list is complete: what is not in it, the client does not call. It replaces what was declared of the client before; comments and everything else in the file stay. Only traffic that is seen beats it.'
  static override group = 'UNDERSTAND' as const
  static override args = {
    client: text({description: 'A workload: NAME, NAMESPACE/NAME or KIND/NAMESPACE/NAME', required: true}),
  }
  static override flags = {
    ...declarationFlags,
    calls: string({
      summary: 'A service that it calls, or none; repeatable, or with commas',
      helpValue: 'NAMESPACE/SERVICE[:PORT]',
      multiple: true,
      required: true,
    }),
    reason: reasonFlag,
  }
  static override examples = [
    {
      description: 'It calls nothing any more',
      command:
        'meshctl clients declare batch/ratings-export --calls none --reason "replaced by the dump" --from bookinfo',
    },
    {
      description: 'One service, until a day',
      command:
        'meshctl clients declare batch/export-mirror --calls batch/ratings-export --reason "asked the team" --until 2040-03-31 --from bookinfo',
    },
  ]

  async run(): Promise<number> {
    const {args, flags} = this.parse(ClientsDeclare)
    const {loadInput} = await import('../flows/load-input.ts')
    const {declareClient} = await import('../flows/client-declarations.ts')
    const {declarationsText} = await import('../render/clients.ts')
    const input = await loadInput(flags, {cwd: process.cwd()})
    const calls = flags.calls.flatMap(one => one.split(',')).filter(one => one !== '' && one !== 'none')
    const {client} = args
    const asked = {client, calls, reason: flags.reason, until: flags.until ?? null}
    const result = await declareClient(input, asked, {cwd: process.cwd(), dryRun: flags['dry-run']})
    return await this.answer({schema: 'clients-written', result, text: declarationsText})
  }
}
