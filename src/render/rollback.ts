import type {RollbackResult} from '../flows/rollback.ts'
import {mark} from '../terminal/marks.ts'
import type {Style} from '../terminal/style.ts'
import {changeLines, predicted} from './adopt.ts'
import {section} from './sections.ts'

export function rollbackText(result: RollbackResult, style: Style): string {
  const resting = result.resting.map(
    ({id, capability, stage, why}) =>
      `${mark('warn', style)} ${id} (${capability ?? ''} ${stage ?? ''}) ${why === 'same-objects' ? 'changed the same objects later' : 'rests on this capability'}`,
  )
  const parts = [
    `${style.paint.bold(`Take back ${result.id}`)}\n  ${result.says}`,
    section('Changes', changeLines(result.changes, style), style),
    predicted(result, style),
    section('Later steps that rest on it', resting, style),
    rollbackEnding(result, style).trimEnd(),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

export function rollbackEnding(result: RollbackResult, style: Style): string {
  const {applied, written, context, ledgerId, changes} = result
  if (applied)
    return `${mark('ok', style)} taken back: all is as it was before\n  recorded as ${ledgerId ?? ''}\n`
  if (written !== null) {
    const files = written.files.map(file => `  ${file.action} ${file.path}`)
    return `${[`${mark('ok', style)} the way back is written into ${written.dir}`, ...files].join('\n')}\n`
  }
  if (changes.length === 0) return `${mark('ok', style)} all is as it was before\n`
  if (context !== null) return `${mark('next', style)} nothing is changed yet in context ${context}\n`
  return `${mark('next', style)} nothing is written yet: add --write DIR\n`
}
