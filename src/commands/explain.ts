import {BaseCommand} from '../cli/base-command.ts'
import {MeshctlError} from '../cli/error.ts'
import {boolean, string, text} from '../cli/flag.ts'
import {inputFlags} from '../cli/flags.ts'

const knowledge = ['observed', 'declared', 'inferred', 'possible'] as const

export class Explain extends BaseCommand {
  static override summary = 'Explain what happens on a call, and what decides it'
  static override description =
    'For a client and a server: does the call work, over what, with which timeout and retries, and which objects decide that.'
  static override group = 'UNDERSTAND' as const
  static override args = {
    client: text({description: 'A workload: NAME, NAMESPACE/NAME or KIND/NAMESPACE/NAME'}),
    server: text({description: 'A service: NAME[:PORT], NAMESPACE/NAME[:PORT] or a host'}),
  }
  static override flags = {
    ...inputFlags,
    all: boolean({summary: 'Every known call, one line each'}),
    knowledge: string({
      summary: 'With --all: how the call must be known; repeatable (else all but possible)',
      options: knowledge,
      multiple: true,
    }),
    client: string({summary: 'With --all: calls of this client only', helpValue: 'NAME'}),
    server: string({summary: 'With --all: calls to this server only', helpValue: 'NAME'}),
  }
  static override examples = [
    {description: 'One call', command: 'meshctl explain productpage reviews --from bookinfo'},
    {
      description: 'Every call to a server',
      command: 'meshctl explain --all --server ratings --from bookinfo',
    },
  ]

  async run(): Promise<number> {
    const {args, flags} = this.parse(Explain)
    if (!flags.all && (args.client === undefined || args.server === undefined)) throw unnamed()
    const {loadInput} = await import('../flows/load-input.ts')
    const {explain, explainAll} = await import('../flows/explain.ts')
    const {edgeLine, explainText} = await import('../render/explain.ts')
    const input = await loadInput(flags, {cwd: process.cwd()})
    if (args.client !== undefined && args.server !== undefined) {
      return await this.answer({
        schema: 'explain',
        result: explain(input, args.client, args.server),
        text: explainText,
      })
    }
    const chosen = knowledge.filter(one => flags.knowledge?.includes(one) ?? one !== 'possible')
    const edges = explainAll(input.mesh, {
      knowledge: chosen,
      client: flags.client,
      server: flags.server,
      namespaces: input.namespaces,
    })
    return await this.stream({
      schema: 'explain',
      list: 'edges',
      items: edges,
      line: edgeLine,
      rest: {gaps: input.mesh.gaps, assumptions: input.assumptions},
    })
  }
}

function unnamed(): MeshctlError {
  return new MeshctlError('usage', 'Name a client and a server, or --all.', {
    try: ['meshctl explain CLIENT SERVER[:PORT] --from DIR', 'meshctl explain --all --from DIR'],
  })
}
