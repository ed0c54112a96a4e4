import {BaseCommand} from '../cli/base-command.ts'
import {inputFlags} from '../cli/flags.ts'

export class Clients extends BaseCommand {
  static override summary = 'List what is known of whom each client calls'
  static override description =
    'Observed in traffic, declared in meshctl.yaml or by policies, inferred from manifests, or unknown. Clients outside the mesh of whom nothing is known come first: they keep every server that they can reach from demanding mTLS.'
  static override group = 'UNDERSTAND' as const
  static override flags = {...inputFlags}
  static override examples = [
    {description: 'Every client', command: 'meshctl clients --from bookinfo'},
    {description: 'Of one namespace', command: 'meshctl clients -n batch --from bookinfo'},
  ]

  async run(): Promise<number> {
    const {flags} = this.parse(Clients)
    const {loadInput} = await import('../flows/load-input.ts')
    const {clients} = await import('../flows/clients.ts')
    const {clientsText} = await import('../render/clients.ts')
    const input = await loadInput(flags, {cwd: process.cwd()})
    return await this.answer({schema: 'clients', result: clients(input), text: clientsText})
  }
}
