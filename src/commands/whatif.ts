import {string} from '@oclif/core/flags'

import {BaseCommand} from '../cli/base-command.ts'
import {inputFlags} from '../cli/flags.ts'

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
      multipleNonGreedy: true,
    }),
    delete: string({
      summary: 'An object that would be deleted; repeatable',
      helpValue: 'KIND/NAMESPACE/NAME',
      multiple: true,
      multipleNonGreedy: true,
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
  ]

  async run(): Promise<number> {
    const {flags} = await this.parse(Whatif)
    const {loadInput} = await import('../flows/load-input.ts')
    const {whatif} = await import('../flows/whatif.ts')
    const {whatifText} = await import('../render/whatif.ts')
    const input = await loadInput(flags, {cwd: process.cwd()})
    const result = await whatif(input, {files: flags.filename ?? [], deletes: flags.delete ?? []})
    return await this.answer({
      schema: 'whatif',
      result,
      text: whatifText,
      exit: result.summary.broken > 0 ? 1 : 0,
    })
  }
}
