import {BaseCommand} from '../cli/base-command.ts'
import {text} from '../cli/flag.ts'
import {declarationFlags, reasonFlag} from './clients-flags.ts'

export class ClientsConfirm extends BaseCommand {
  static override summary = 'Confirm the calls that are known of a client'
  static override description =
    'Writes into meshctl.yaml that the calls which its manifest or its traffic shows are all that the client makes.'
  static override group = 'UNDERSTAND' as const
  static override args = {
    client: text({description: 'A workload: NAME, NAMESPACE/NAME or KIND/NAMESPACE/NAME', required: true}),
  }
  static override flags = {...declarationFlags, reason: reasonFlag}
  static override examples = [
    {
      description: 'What its manifest says is all',
      command: 'meshctl clients confirm batch/ratings-export --reason "asked the team" --from bookinfo',
    },
    {
      description: 'Only shown',
      command: 'meshctl clients confirm productpage --reason "read its code" --dry-run --from bookinfo',
    },
  ]

  async run(): Promise<number> {
    const {args, flags} = this.parse(ClientsConfirm)
    const {loadInput} = await import('../flows/load-input.ts')
    const {confirmClient} = await import('../flows/client-declarations.ts')
    const {declarationsText} = await import('../render/clients.ts')
    const input = await loadInput(flags, {cwd: process.cwd()})
    const asked = {client: args.client, reason: flags.reason, until: flags.until ?? null}
    const result = await confirmClient(input, asked, {cwd: process.cwd(), dryRun: flags['dry-run']})
    return await this.answer({schema: 'clients-written', result, text: declarationsText})
  }
}
