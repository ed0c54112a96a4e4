import {BaseCommand} from '../cli/base-command.ts'
import {text} from '../cli/flag.ts'

export class VetExplain extends BaseCommand {
  static override summary = 'Say why a rule matters, and what to do'
  static override group = 'CHECK' as const
  static override args = {
    rule: text({description: "A rule's id, or its code in another tool: IST0101, KIA0202", required: true}),
  }
  static override examples = [
    {description: 'One rule', command: 'meshctl vet explain retry-non-idempotent'},
    {description: 'By the code that istioctl gives it', command: 'meshctl vet explain IST0101'},
  ]

  async run(): Promise<number> {
    const {args} = this.parse(VetExplain)
    const {explainRule} = await import('../flows/rules.ts')
    const {ruleText} = await import('../render/rules.ts')
    return await this.answer({schema: 'rule', result: {rule: await explainRule(args.rule)}, text: ruleText})
  }
}
