import {BaseCommand} from '../cli/base-command.ts'
import {inputFlags} from '../cli/flags.ts'

/** meshctl without a command: where you stand, and the next sensible step. */
export class Home extends BaseCommand {
  static override summary = 'Show where you stand, and the next sensible command'
  static override hidden = true
  static override flags = inputFlags

  async run(): Promise<number> {
    const {flags} = this.parse(Home)
    const {findInput, hasKubeconfig} = await import('../flows/home.ts')
    const named = [flags.base, flags.context, flags.kubeconfig].some(flag => flag !== undefined)
    const from = flags.from ?? (named ? [] : await findInput(process.cwd()))
    if (from.length === 0 && !named && !(await hasKubeconfig(process.env))) {
      const {startText, start} = await import('../render/home.ts')
      return await this.answer({schema: 'home', result: start, text: startText})
    }
    const {loadInput} = await import('../flows/load-input.ts')
    const {status} = await import('../flows/status.ts')
    const {statusText} = await import('../render/status.ts')
    const result = status(await loadInput({...flags, from}, {cwd: process.cwd()}))
    return await this.answer({schema: 'status', result, text: statusText})
  }
}
