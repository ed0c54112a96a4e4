import type {CellAnswer} from '../flows/answers.ts'
import type {Fold} from '../flows/folds.ts'
import type {StatusResult} from '../flows/status.ts'
import type {Capability} from '../stages/stage.ts'
import type {Style} from '../terminal/style.ts'
import {table} from '../terminal/table.ts'
import {wrap} from '../terminal/wrap.ts'
import {foldText} from './counts.ts'
import {caveats, nextStep, section} from './sections.ts'

const capabilities: readonly Capability[] = ['sidecars', 'tracing', 'mtls', 'resiliency']

/** More lines than this and a namespace is one line; `-n` opens it. */
const mostRows = 60
const mostReasons = 12

export function statusText(result: StatusResult, style: Style): string {
  const {istio, input} = result
  const source = input.context === null ? counted(input.files, 'file') : `context ${input.context}`
  const head = `${counted(input.objects, 'object')} of ${source}, Istio ${istio.minor}${istio.source === 'assumed' ? ' (assumed)' : ''}`
  return [
    head,
    grid(result.folds, style),
    blockers(result.cells, style),
    openDoors(result.cells, style),
    caveats(result, style),
    nextStep(result.next, style),
  ]
    .filter(part => part !== '')
    .join('\n\n')
    .concat('\n')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function grid(folds: readonly Fold[], style: Style): string {
  const rows = [...Map.groupBy(folds, ({kind, namespace, name}) => `${kind}/${namespace}/${name}`).values()]
  const folded = rows.length > mostRows
  const shown = folded
    ? rows.filter(([first]) => first?.kind === 'mesh' || first?.kind === 'namespace')
    : rows
  const drawn = table(
    ['', ...capabilities],
    shown.map(row => [
      title(row[0], style),
      ...capabilities.map(capability => square(row, capability, style)),
    ]),
    style,
  )
  const hidden = rows.length - shown.length
  return folded
    ? `${drawn}\n${hidden} services and workloads are folded: -n NAMESPACE shows them, --json has all.`
    : drawn
}

function title(fold: Fold | undefined, {paint}: Style): string {
  if (fold === undefined) return ''
  if (fold.kind === 'mesh') return paint.bold('mesh')
  if (fold.kind === 'namespace') return paint.bold(fold.name)
  return `  ${fold.name}${fold.kind === 'workload' ? ' (no service)' : ''}`
}

function square(row: readonly Fold[], capability: Capability, style: Style): string {
  const fold = row.find(one => one.capability === capability)
  return fold === undefined ? '' : foldText(fold, style)
}

/** Why walk cells are not done, one line a reason; later stages would only repeat them. */
function blockers(cells: readonly CellAnswer[], style: Style): string {
  const open = cells.filter(
    cell => cell.stage === 'walk' && (cell.state === 'blocked' || cell.state === 'unknown'),
  )
  const reasons = open.flatMap(cell => cell.reasons.slice(0, 1).map(reason => ({cell, reason})))
  const grouped = [
    ...Map.groupBy(
      reasons,
      ({cell, reason}) => `${cell.capability} ${cell.stage} ${reason.message}`,
    ).values(),
  ]
  const lines = grouped.slice(0, mostReasons).flatMap(group => {
    const [first] = group
    if (first === undefined) return []
    const {cell, reason} = first
    const names = group.map(({cell: {subject}}) =>
      subject.namespace === '' ? subject.name : `${subject.namespace}/${subject.name}`,
    )
    const who =
      names.length > 3 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more` : names.join(', ')
    const lead = `${style.paint.red(cell.state)}  ${cell.capability} ${cell.stage}: ${who}`
    const unblock = reason.unblock === null ? [] : [wrap(reason.unblock, style.width, '         ')]
    return [lead, wrap(reason.message, style.width, '         '), ...unblock]
  })
  const more =
    grouped.length > mostReasons
      ? [`… and ${grouped.length - mostReasons} more reasons (--json has all)`]
      : []
  return section('In the way', [...lines, ...more], style)
}

/** What mTLS still owes: exceptions and carve-outs, counted until they are gone, and doors that nobody uses. */
const debts: readonly string[] = ['exceptions-remain', 'exception-unneeded', 'carve-outs-remain']
const unusedDoor = 'plaintext-door-open'

function openDoors(cells: readonly CellAnswer[], style: Style): string {
  const found = cells
    .filter(({capability}) => capability === 'mtls')
    .flatMap(cell => cell.reasons.map(reason => ({cell, reason})))
  const owed = found.filter(({reason}) => debts.includes(reason.code))
  const unused = found
    .filter(({reason}) => reason.code === unusedDoor)
    .map(({cell: {subject}}) => `${subject.namespace}/${subject.name}`)
  const listed = owed.slice(0, mostReasons).map(({cell, reason}) => {
    const where = cell.stage === 'walk' ? `${cell.subject.namespace}/${cell.subject.name}: ` : ''
    return wrap(`${where}${reason.message}`, style.width, '  ')
  })
  const more = owed.length > mostReasons ? [`  … and ${owed.length - mostReasons} more (--json has all)`] : []
  const head = owed.length === 0 ? [] : [`${counted(owed.length, 'exception')} to mTLS, a debt until gone`]
  const door =
    unused.length === 0
      ? []
      : [wrap(`encrypted by all, plaintext door still open: ${shortened(unused)}`, style.width, '')]
  return section('Still open to plaintext', [...head, ...listed, ...more, ...door], style)
}

function shortened(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
}
