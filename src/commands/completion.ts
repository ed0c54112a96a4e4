import {BaseCommand} from '../cli/base-command.ts'
import {text} from '../cli/flag.ts'
import {shells} from '../cli/completion.ts'
import type {Shell} from '../cli/completion.ts'
import {invalidOption} from '../cli/parse.ts'

export class Completion extends BaseCommand {
  static override summary = 'Print the completion script of a shell'
  static override description = 'Source its output: `source <(meshctl completion bash)`.'
  static override group = 'UNDERSTAND' as const
  static override args = {
    shell: text({description: 'Your shell', options: [...shells], required: true}),
  }
  static override examples = [
    {description: 'For this bash session', command: 'meshctl completion bash'},
    {description: 'For zsh', command: 'meshctl completion zsh'},
  ]

  async run(): Promise<number> {
    const {args} = this.parse(Completion)
    const shell = shells.find(known => known === args.shell)
    if (shell === undefined) throw invalidOption('The shell', args.shell, shells)
    const script = await scriptOf(shell)
    return await this.answer({schema: 'completion', result: {shell, script}, text: result => result.script})
  }
}

async function scriptOf(shell: Shell): Promise<string> {
  const {completionScript} = await import('../cli/completion.ts')
  const {commands} = await import('./registry.ts')
  const loaded = await Promise.all(
    Object.entries(commands).map(async ([id, load]) => [id, await load()] as const),
  )
  return completionScript(shell, new Map(loaded.filter(([id]) => id !== '')))
}
