import type {VerificationAnswer} from '../flows/verification.ts'
import type {VerifyResult} from '../flows/verify.ts'
import {mark} from '../terminal/marks.ts'
import type {Style} from '../terminal/style.ts'
import {wrap} from '../terminal/wrap.ts'
import {caveats} from './sections.ts'

const marks = {proven: 'ok', inconclusive: 'info', refuted: 'fail'} as const
const mostChecks = 20

/** What was expected and what was seen, one line a check; what contradicts comes first. */
export function verificationLines(
  {checks, seconds, missing}: VerificationAnswer,
  style: Style,
): readonly string[] {
  const order = ['refuted', 'inconclusive', 'proven']
  const sorted = [...checks].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
  const lines = sorted
    .slice(0, mostChecks)
    .flatMap(({expected, state, evidence}) => [
      `  ${mark(marks[state], style)} ${expected}`,
      ...evidence.map(text => wrap(text, style.width, '      ')),
    ])
  const more =
    checks.length > mostChecks ? [`  … and ${checks.length - mostChecks} more (--json has all)`] : []
  const unseen = missing.map(text => `  ${mark('warn', style)} not seen: ${text}`)
  return [...lines, ...more, ...unseen, `  looked for ${seconds} s`]
}

export function verifyText({steps, verified, gaps, context}: VerifyResult, style: Style): string {
  const parts = steps.map(step => {
    const names = step.subjects.length > 6 ? `${step.subjects.length} of them` : step.subjects.join(', ')
    const ledger = step.ledgerId === null ? '' : `, step ${step.ledgerId}`
    const head = `${style.paint.bold(`${step.capability} ${step.stage}`)}  ${names}${ledger}: ${step.verified}`
    return [head, ...verificationLines(step, style)].join('\n')
  })
  const none = steps.length === 0 ? ['Nothing is adopted here that could be verified.'] : []
  const unread = caveats({problems: [], gaps, assumptions: []}, style)
  const end = `${mark(marks[verified], style)} ${context}: ${verified}`
  return `${[...none, ...parts, unread, ...(steps.length === 0 ? [] : [end])].filter(part => part !== '').join('\n\n')}\n`
}
