import type {HistoryResult, StepAnswer} from '../flows/history.ts'
import type {Style} from '../terminal/style.ts'
import {mark} from '../terminal/marks.ts'
import {wrap} from '../terminal/wrap.ts'

export function historyText({steps, damaged, context, dirs}: HistoryResult, style: Style): string {
  const where = context === null ? dirs.join(', ') : `context ${context}`
  const broken = damaged.map(({place, reason}) => `${mark('warn', style)} ${place} cannot be read: ${reason}`)
  const parts = [
    steps.length === 0 ? `No step was taken in ${where}.` : '',
    ...steps.map(step => stepText(step, style)),
    broken.join('\n'),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

function stepText(step: StepAnswer, style: Style): string {
  const what = [step.capability, step.stage].filter(part => part !== null).join(' ')
  const back = step.rollsBack === null ? what : `takes back ${step.rollsBack}`
  const who = step.who === '' ? '' : ` by ${step.who}`
  return [
    `${style.paint.bold(step.id)}  ${back}  ${step.state}`,
    `  ${step.time.slice(0, 19).replace('T', ' ')} UTC${who}`,
    wrap(step.says, style.width, '  '),
    ...step.changes
      .slice(0, 12)
      .map(
        ({action, object}) =>
          `  ${action} ${object.kind} ${object.namespace === '' ? '' : `${object.namespace}/`}${object.name}`,
      ),
    ...(step.changes.length > 12 ? [`  and ${step.changes.length - 12} more`] : []),
  ].join('\n')
}
