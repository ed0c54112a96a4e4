import {BaseCommand} from '../cli/base-command.ts'
import {string, text} from '../cli/flag.ts'
import {inputFlags} from '../cli/flags.ts'
import {capabilities} from '../stages/stage.ts'

export class Verify extends BaseCommand {
  static override summary = 'Prove on the live mesh that what is set is done'
  static override description =
    'Asks the proxies what they have, and looks at the traffic that goes through them for a while. Steps of the ledger that wait for it are closed. Sends no request of its own into the mesh.'
  static override group = 'CHECK' as const
  static override args = {
    capability: text({description: 'Only this one', options: [...capabilities]}),
  }
  static override flags = {
    ...inputFlags,
    window: string({summary: 'How long to look at the traffic', helpValue: 'DURATION', default: '10s'}),
  }
  static override exits = {
    0: 'proven, or too little traffic to tell',
    1: 'contradicted by what the proxies have or do',
    3: 'no cluster, or not allowed',
  }
  static override examples = [
    {description: 'All that is adopted', command: 'meshctl verify', exit: 3},
    {description: 'One capability, with more time', command: 'meshctl verify mtls --window 1m', exit: 3},
  ]

  async run(): Promise<number> {
    const {args, flags} = this.parse(Verify)
    const {readWindow} = await import('../flows/window.ts')
    const window = readWindow(flags.window)
    const {loadInput} = await import('../flows/load-input.ts')
    const {verify} = await import('../flows/verify.ts')
    const {verifyText} = await import('../render/verification.ts')
    const input = await loadInput(flags, {cwd: process.cwd()})
    const capability = capabilities.find(one => one === args.capability)
    const result = await verify(input, {capability, window})
    return await this.answer({
      schema: 'verify',
      result,
      text: verifyText,
      exit: result.verified === 'refuted' ? 1 : 0,
    })
  }
}
