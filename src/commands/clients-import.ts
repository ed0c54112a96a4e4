import {BaseCommand} from '../cli/base-command.ts'
import {text} from '../cli/flag.ts'
import {declarationFlags} from './clients-flags.ts'

export class ClientsImport extends BaseCommand {
  static override summary = 'Import observed calls into meshctl.yaml'
  static override description =
    'From an access log, a tracing tool or a network monitor, as JSON (a list of {client, server, requests}) or CSV (columns client,server,requests). They join what is declared; what names nothing of the input is skipped and said.'
  static override group = 'UNDERSTAND' as const
  static override args = {file: text({description: 'A JSON or CSV file', required: true})}
  static override flags = {...declarationFlags}
  static override examples = [
    {
      description: 'From a table',
      command:
        "printf 'client,server,requests\\nbatch/ratings-export,bookinfo/ratings:9080,120\\n' > calls.csv && meshctl clients import calls.csv --from bookinfo",
    },
    {
      description: 'Only shown',
      command:
        'echo \'[{"client": "productpage", "server": "bookinfo/reviews:9080"}]\' > calls.json && meshctl clients import calls.json --dry-run --from bookinfo',
    },
  ]

  async run(): Promise<number> {
    const {args, flags} = this.parse(ClientsImport)
    const {loadInput} = await import('../flows/load-input.ts')
    const {importClients} = await import('../flows/import-clients.ts')
    const {declarationsText} = await import('../render/clients.ts')
    const input = await loadInput(flags, {cwd: process.cwd()})
    const options = {cwd: process.cwd(), dryRun: flags['dry-run'], until: flags.until ?? null}
    const result = await importClients(input, args.file, options)
    return await this.answer({schema: 'clients-written', result, text: declarationsText})
  }
}
