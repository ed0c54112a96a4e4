import {BaseCommand} from '../cli/base-command.ts'
import {inputFlags} from '../cli/flags.ts'

export class Status extends BaseCommand {
  static override summary = 'Show where each service stands, and the next step'
  static override description =
    'The grid: for each namespace and service the stage of each capability, what is in the way, and what to do next. Reads only.'
  static override group = 'CHECK' as const
  static override flags = inputFlags
  static override exits = {0: 'shown', 3: 'no input: neither --from nor a cluster'}
  static override examples = [
    {description: 'Where a directory of manifests stands', command: 'meshctl status --from bookinfo'},
    {description: 'One namespace, for a program', command: 'meshctl status --from bookinfo -n batch --json'},
  ]

  async run(): Promise<number> {
    const {flags} = this.parse(Status)
    const {loadInput} = await import('../flows/load-input.ts')
    const {status} = await import('../flows/status.ts')
    const {statusText} = await import('../render/status.ts')
    const result = status(await loadInput(flags, {cwd: process.cwd()}))
    return await this.answer({schema: 'status', result, text: statusText})
  }
}
