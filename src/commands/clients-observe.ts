import {BaseCommand} from '../cli/base-command.ts'
import {boolean, string} from '../cli/flag.ts'
import {inputFlags} from '../cli/flags.ts'

export class ClientsObserve extends BaseCommand {
  static override summary = 'See who calls a service without mTLS'
  static override description =
    "Reads the access log of the service's proxies. Where they write none, it asks for one with your consent: a Telemetry for these pods alone that logs only calls without the mesh's mTLS, for the window, and is taken away afterwards. The callers' addresses are joined to pods; what nodes, NAT and load balancers hide is said to be hidden. Without consent it only counts."
  static override group = 'UNDERSTAND' as const
  static override flags = {
    ...inputFlags,
    target: string({
      summary: 'The service',
      helpValue: '[NAMESPACE/]NAME',
      required: true,
    }),
    window: string({summary: 'How long to look', helpValue: 'DURATION', default: '60s'}),
    import: boolean({summary: 'Write the clients that were seen into meshctl.yaml'}),
    yes: boolean({
      char: 'y',
      summary: 'Turn an access log on for the window without asking',
      helpGroup: 'CLUSTER',
    }),
    confirm: string({
      summary: 'Where open connections are closed by that: the service, too',
      helpValue: 'NAMESPACE/NAME',
      helpGroup: 'CLUSTER',
    }),
  }
  static override exits = {
    0: 'it was looked: the answer says for how long, and at how many requests',
    3: 'no cluster, or not allowed (with the roles to grant)',
    5: 'refused: no proxy to look at, or no consent',
    130: 'interrupted; the access log is off again',
  }
  static override examples = [
    {
      description: 'For a minute, with an access log where there is none',
      command: 'meshctl clients observe --target bookinfo/reviews --window 60s --yes',
      exit: 3,
    },
    {
      description: 'And keep what was seen in meshctl.yaml',
      command: 'meshctl clients observe --target bookinfo/ratings --window 10m --yes --import',
      exit: 3,
    },
  ]

  async run(): Promise<number> {
    const {flags} = this.parse(ClientsObserve)
    const {readWindow} = await import('../flows/window.ts')
    const window = readWindow(flags.window)
    const {loadInput} = await import('../flows/load-input.ts')
    const {observeClients} = await import('../flows/observe-clients.ts')
    const {logText, observedText} = await import('../render/observed.ts')
    const {terminalPrompts} = await import('../terminal/prompts.ts')
    const input = await loadInput(flags, {cwd: process.cwd()})
    const {target, yes, confirm} = flags
    const result = await observeClients(
      input,
      {target, window, yes, confirm, import: flags.import, cwd: process.cwd()},
      {
        show: log => this.aside(logText(log, this.style('stderr'))),
        prompts: this.prompting ? await terminalPrompts() : null,
        progress: await this.progress(),
      },
    )
    return await this.answer({schema: 'clients-observed', result, text: observedText})
  }
}
