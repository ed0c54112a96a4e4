import {BaseCommand} from '../cli/base-command.ts'
import {string} from '../cli/flag.ts'
import {inputFlags} from '../cli/flags.ts'
import type {WhatifResult} from '../flows/whatif.ts'
import {plain} from '../terminal/style.ts'
import type {Style} from '../terminal/style.ts'

const formats = ['text', 'json', 'markdown'] as const

export class Whatif extends BaseCommand {
  static override summary = 'Show which calls change if objects are applied'
  static override description =
    'Predicts every known call before and after objects are applied or deleted, and shows those that differ. Changes nothing.'
  static override group = 'UNDERSTAND' as const
  static override flags = {
    ...inputFlags,
    filename: string({
      char: 'f',
      summary: 'Objects that would be applied: a file, a directory or -; repeatable',
      helpValue: 'PATH',
      multiple: true,
    }),
    delete: string({
      summary: 'An object that would be deleted; repeatable',
      helpValue: 'KIND/NAMESPACE/NAME',
      multiple: true,
    }),
    git: string({
      summary: 'Replay a change of the history below --from (else .): from one commit to another',
      helpValue: 'A..B',
      exclusive: ['filename', 'delete'],
    }),
    format: string({
      summary: 'How to print the answer; markdown is for a pull request',
      options: formats,
      default: 'text',
    }),
  }
  static override exits = {0: 'no working call breaks', 1: 'a call that works would fail'}
  static override examples = [
    {
      description: 'Before you apply a policy',
      command: 'meshctl whatif -f strict.yaml --from bookinfo',
      exit: 1,
    },
    {
      description: 'What a rule is for',
      command: 'meshctl whatif --delete destinationrule/bookinfo/reviews --from bookinfo',
    },
    {
      description: 'For a comment on a pull request',
      command: 'meshctl whatif -f strict.yaml --format markdown --from bookinfo',
      exit: 1,
    },
    {
      description: 'What the last commit did',
      command:
        'git init -q && git add bookinfo && git -c user.name=a -c user.email=a@b commit -qm one && cp strict.yaml bookinfo/ && git add bookinfo && git -c user.name=a -c user.email=a@b commit -qm two && meshctl whatif --git HEAD~1..HEAD --from bookinfo',
      exit: 1,
    },
  ]

  async run(): Promise<number> {
    const {flags} = this.parse(Whatif)
    const {loadInput} = await import('../flows/load-input.ts')
    const {whatif} = await import('../flows/whatif.ts')
    const {whatifText} = await import('../render/whatif.ts')
    const {whatifGitText, whatifMarkdown} = await import('../render/whatif-markdown.ts')
    const cwd = process.cwd()
    if (flags.git !== undefined) {
      const input = await loadInput({...flags, from: flags.from ?? ['.']}, {cwd, problemsAreFindings: true})
      const {whatifGit} = await import('../flows/whatif-git.ts')
      const result = await whatifGit(input, flags.git, cwd)
      return await this.show(flags.format, result, {text: whatifGitText, markdown: whatifMarkdown})
    }
    const input = await loadInput(flags, {cwd})
    const result = await whatif(input, {files: flags.filename ?? [], deletes: flags.delete ?? []})
    return await this.show(flags.format, result, {text: whatifText, markdown: whatifMarkdown})
  }

  private async show<Result extends WhatifResult>(
    format: string,
    result: Result,
    {text, markdown}: Record<'text' | 'markdown', (result: Result, style: Style) => string>,
  ): Promise<number> {
    const exit = result.summary.broken > 0 ? 1 : 0
    if (format === 'json' && !this.json) return await this.print(this.jsonOf('whatif', result), exit)
    const shown = format === 'markdown' ? (given: Result) => markdown(given, plain) : text
    return await this.answer({schema: 'whatif', result, text: shown, exit})
  }
}
