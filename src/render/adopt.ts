import type {AdoptResult} from '../flows/adopt.ts'
import {mark} from '../terminal/marks.ts'
import type {Style} from '../terminal/style.ts'
import {wrap} from '../terminal/wrap.ts'
import {edgeName, outcomeText} from './outcome.ts'
import {serversSeen} from './servers-seen.ts'
import {verificationLines} from './verification.ts'
import {section} from './sections.ts'
import {changeText, summaryText} from './whatif.ts'

const mostEdges = 12

/** Of more changes than this only the reasons are shown, of more names than this their number. */
const mostDiffs = 30
const mostNames = 12

export function adoptText(result: AdoptResult, style: Style): string {
  const parts = [
    headline(result, style),
    section('Changes', changeLines(result.changes, style), style),
    section(
      'By hand',
      result.notes.flatMap(note => noteLines(note, style)),
      style,
    ),
    serversSeen(result.observed, style),
    predicted(result, style),
    blocked(result, style),
    ending(result, style),
    contrast(result, style),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

function headline(
  {capability, stage, title, planned, done, blocked: stuck}: AdoptResult,
  {paint}: Style,
): string {
  const names = planned.map(({namespace, name}) => (namespace === '' ? name : `${namespace}/${name}`))
  const who = names.length === 0 ? 'nothing to do' : listed(names)
  const counts = [`${planned.length} planned`, `${done.length} done before`, `${stuck.length} blocked`].join(
    ', ',
  )
  return `${paint.bold(`${capability} ${stage}: ${title}`)}\n  ${who} (${counts})`
}

export function changeLines(all: AdoptResult['changes'], style: Style): readonly string[] {
  const whole = all.slice(0, mostDiffs).map(({reason, diff}) => `${reason}\n${coloured(diff, style)}`)
  const rest = all.slice(mostDiffs).map(({reason}) => reason)
  const note = rest.length === 0 ? [] : [`and, without their text here (--dry-run prints all):`]
  return [...whole, ...note, ...rest]
}

/** Names in a row, the last of many as their number. */
function listed(names: readonly string[]): string {
  if (names.length <= mostNames) return names.join(', ')
  return `${names.slice(0, mostNames - 2).join(', ')} and ${names.length - mostNames + 2} more`
}

function coloured(diff: string, {paint}: Style): string {
  return diff
    .trimEnd()
    .split('\n')
    .map(line => (line.startsWith('+') ? paint.green(line) : line.startsWith('-') ? paint.red(line) : line))
    .join('\n')
}

function noteLines({title, text, content}: AdoptResult['notes'][number], style: Style): readonly string[] {
  return [
    title,
    wrap(text, style.width - 4, '  '),
    ...(content === null ? [] : [content.trimEnd().replace(/^/gm, '    ')]),
  ]
}

/** What a change set does to the calls, as the model sees it. */
export function predicted(
  {blastRadius: radius, changes}: Pick<AdoptResult, 'blastRadius' | 'changes'>,
  style: Style,
): string {
  if (changes.length === 0) return ''
  const {broken, unknown, changed, improved} = radius
  const counts = {
    broken: broken.length,
    unknown: unknown.length,
    changed: changed.length,
    improved: improved.length,
    unchanged: radius.unchanged,
  }
  const edges = [
    ...unknown.map(edge => ['warn', edge] as const),
    ...[...changed, ...improved].map(edge => ['info', edge] as const),
  ]
  const lines = edges
    .slice(0, mostEdges)
    .map(([kind, edge]) => `${mark(kind, style)} ${changeText(edge, style)}`)
  const more = edges.length > mostEdges ? [`… and ${edges.length - mostEdges} more (--json has all)`] : []
  const safe = broken.length === 0 ? [`${mark('ok', style)} no call that works today would fail`] : []
  return section(`What if: ${summaryText(counts)}`, [...safe, ...lines, ...more], style)
}

function blocked({blocked: stuck}: AdoptResult, style: Style): string {
  const lines = stuck.flatMap(({subject, reasons}) => [
    `${style.paint.red('blocked')}  ${subject.namespace === '' ? subject.name : `${subject.namespace}/${subject.name}`}`,
    ...reasons.flatMap(({message, unblock}) => [
      wrap(message, style.width - 2, '         '),
      ...(unblock === null ? [] : [wrap(unblock, style.width - 2, '         ')]),
    ]),
  ])
  return section('In the way', lines, style)
}

function contrast({contrast: shortcut, blastRadius, capability, stage}: AdoptResult, style: Style): string {
  if (shortcut === null || shortcut.broken.length === 0) return ''
  const cut = shortcut.broken.map(
    edge => `${mark('fail', style)} ${edgeName(edge, style)}: ${outcomeText(edge.after, style)}`,
  )
  const own = `${mark('ok', style)} this step (${capability} ${stage}) would cut ${blastRadius.broken.length === 0 ? 'nothing' : blastRadius.broken.length}`
  return section(`In contrast: ${shortcut.shortcut} would cut`, [...cut.slice(0, mostEdges), own], style)
}

/** What came of it, without the plan that was shown before. */
export function adoptEnding(result: AdoptResult, style: Style): string {
  return `${ending(result, style)}\n`
}

function ending(result: AdoptResult, style: Style): string {
  const {written, changes, laterPhases, blocked: stuck} = result
  if (result.applied) return applied(result, style)
  const later = laterPhases.map(title => `then, once this has arrived and holds: ${title}`)
  if (changes.length === 0) return stuck.length === 0 ? `${mark('ok', style)} nothing is left to do here` : ''
  if (written === null && result.context !== null) {
    return [`${mark('next', style)} nothing is changed yet in context ${result.context}`, ...later].join('\n')
  }
  if (written === null) {
    return [
      `${mark('next', style)} nothing is written yet: add --write DIR for files, or --dry-run to print the objects`,
      ...later,
    ].join('\n')
  }
  if (written.files.every(file => file.action === 'unchanged')) {
    const waits =
      result.context === null
        ? 'is as it should be'
        : `holds this phase already, and context ${result.context} does not have it yet`
    return [`${mark('ok', style)} nothing to write: ${written.dir} ${waits}`, ...later].join('\n')
  }
  const files = written.files.slice(0, mostDiffs).map(file => `  ${file.action} ${file.path}`)
  if (written.files.length > mostDiffs) files.push(`  and ${written.files.length - mostDiffs} more files`)
  const ledger = written.ledgerId === null ? [] : [`  recorded as ${written.ledgerId}`]
  return [`${mark('ok', style)} written into ${written.dir}`, ...files, ...ledger, ...later].join('\n')
}

function applied(result: AdoptResult, style: Style): string {
  const {verified, verification, ledgerId, rolledBack} = result
  const head = rolledBack
    ? `${mark('fail', style)} the step was contradicted by what the proxies have or do, and was taken back`
    : verified === null
      ? `${mark('ok', style)} done`
      : `${mark(marks[verified], style)} applied; ${words[verified]}`
  const seen = verification === null ? [] : verificationLines(verification, style)
  const next = rolledBack || ledgerId === null ? [] : [`  take it back: meshctl rollback ${ledgerId}`]
  const open = verified === 'inconclusive' ? ['  look again once there is traffic: meshctl verify'] : []
  return [head, ...seen, `  recorded as ${ledgerId ?? ''}`, ...open, ...next].join('\n')
}

const marks = {proven: 'ok', inconclusive: 'info', refuted: 'fail'} as const

const words = {
  proven: 'proven by what the proxies have and do',
  inconclusive: 'too little was seen to prove it',
  refuted: 'and contradicted by what the proxies have or do',
} as const
