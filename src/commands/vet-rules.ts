import {BaseCommand} from '../cli/base-command.ts'

export class VetRules extends BaseCommand {
  static override summary = 'List the rules of vet'
  static override group = 'CHECK' as const
  static override examples = [
    {description: 'All rules', command: 'meshctl vet rules'},
    {description: 'For a program', command: 'meshctl vet rules --json'},
  ]

  async run(): Promise<number> {
    this.parse(VetRules)
    const {allRules} = await import('../flows/rules.ts')
    const {rulesText} = await import('../render/rules.ts')
    return await this.answer({schema: 'rules', result: {rules: allRules()}, text: rulesText})
  }
}
