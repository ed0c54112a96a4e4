import type {ExplainedRule, RuleAnswer} from '../flows/rules.ts'
import type {Style} from '../terminal/style.ts'
import {table} from '../terminal/table.ts'
import {wrap} from '../terminal/wrap.ts'
import {section} from './sections.ts'

export function rulesText({rules}: {readonly rules: readonly RuleAnswer[]}, style: Style): string {
  const rows = rules.map(({id, area, severity, equivalents}) => [id, area, severity, equivalents.join(' ')])
  return `${table(['rule', 'area', 'severity', 'known elsewhere as'], rows, style)}\n\nmeshctl vet explain RULE says why, and what to do.\n`
}

function example(title: string, shown: ExplainedRule['examples']['bad'], style: Style): string {
  if (shown === null) return ''
  const flags = shown.flags.length === 0 ? '' : `, with ${shown.flags.join(' ')}`
  return section(`${title}${flags}`, shown.text.trimEnd().split('\n'), style)
}

export function ruleText({rule}: {readonly rule: ExplainedRule}, style: Style): string {
  const {id, area, severity, istio, why, fix, messages, params, equivalents, examples} = rule
  const width = style.width - 2
  const parts = [
    `${style.paint.bold(id)}  ${severity}, ${area}${istio === '*' ? '' : `, Istio ${istio}`}`,
    section('Why', [wrap(why, width)], style),
    section('What to do', [wrap(fix, width)], style),
    section(
      'It says',
      Object.values(messages).map(message => wrap(message, width)),
      style,
    ),
    section(
      'Options in meshctl.yaml',
      Object.entries(params).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
      style,
    ),
    example('Reported', examples.bad, style),
    example('Not reported', examples.good, style),
    section('Known elsewhere as', equivalents.length === 0 ? [] : [equivalents.join(', ')], style),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}
