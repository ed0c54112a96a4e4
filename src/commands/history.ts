import {BaseCommand} from '../cli/base-command.ts'
import {string} from '../cli/flag.ts'
import {inputFlags} from '../cli/flags.ts'

export class History extends BaseCommand {
  static override summary = 'List the steps that were taken'
  static override description =
    'By the ledger in the cluster, or with --from in the directories that were written to with --write. Reads only.'
  static override group = 'UNDO' as const
  static override flags = {
    from: string({
      summary: 'A directory that was written to, instead of a cluster; repeatable',
      helpValue: 'DIR',
      multiple: true,
      helpGroup: 'INPUT',
    }),
    context: inputFlags.context,
    kubeconfig: inputFlags.kubeconfig,
  }
  static override exits = {0: 'listed', 3: 'no input: neither --from nor a cluster'}
  static override examples = [
    {description: 'Of the cluster', command: 'meshctl history', exit: 3},
    {description: 'Of manifests', command: 'meshctl history --from out'},
  ]

  async run(): Promise<number> {
    const {flags} = this.parse(History)
    const {history} = await import('../flows/history.ts')
    const {historyText} = await import('../render/history.ts')
    return await this.answer({schema: 'history', result: await history(flags), text: historyText})
  }
}
