import type {ObjectId} from '../../objects/object.ts'
import type {Edit, Finding, Fix, FixedFinding, VetResult} from '../../vet/finding.ts'
import {plural, shownFile} from './options.ts'

export function objectName(id: ObjectId | null): string {
  if (id === null) return ''
  return `${id.kind} ${id.namespace === '' ? id.name : `${id.namespace}/${id.name}`}`
}

/** `2 errors, 1 warning and 0 infos in 12 objects`. */
export function summaryLine({summary}: VetResult): string {
  const {errors, warnings, infos, objects} = summary
  return `${plural(errors, 'error')}, ${plural(warnings, 'warning')} and ${plural(infos, 'info')} in ${plural(objects, 'object')}`
}

/** `27 rules ran, 1 was skipped, 3 findings are suppressed`. */
export function coverageLine({summary}: VetResult): string {
  const {rulesRun, rulesSkipped, suppressed} = summary
  return `${plural(rulesRun, 'rule')} ran, ${rulesSkipped} skipped; ${plural(suppressed, 'finding')} suppressed`
}

/** What the answer leaves open, a line each: rules that did not run, kinds that could not be read. */
export function openLines({skipped, gaps}: VetResult): readonly string[] {
  return [
    ...skipped.map(({rule, reason}) => `${rule} did not run: ${reason}`),
    ...gaps.map(
      ({kind, namespace, reason}) =>
        `${kind}${namespace === '' ? '' : ` in ${namespace}`} could not be read: ${reason}`,
    ),
  ]
}

/** What to do: the fix of this very finding, else what the rule advises. */
export function adviceOf(finding: Finding): string {
  const {fix, help} = finding
  if (fix === null) return help
  return fix.because === undefined ? fix.description : `${fix.description} Not safe here: ${fix.because}.`
}

/** How a fix is announced: whether a machine can make it, and whether that changes what happens. */
export function fixLabel({fix}: Finding): string {
  return fix === null || fix.changes.length === 0 || fix.kind === 'hint' ? 'fix' : `fix (${fix.kind})`
}

/** What can be fixed by machine: `2 fixes are safe: --fix makes them; 1 more changes what happens: --fix-unsafe`. */
export function fixableLine({findings}: VetResult): string | null {
  const inFiles = findings.filter(
    ({file, fix}) => file !== null && file !== '-' && (fix?.changes.length ?? 0) > 0,
  )
  const count = (kind: Fix['kind']): number => inFiles.filter(({fix}) => fix?.kind === kind).length
  const [safe, unsafe] = [count('safe'), count('unsafe')]
  const parts = [
    ...(safe === 0 ? [] : [`${plural(safe, 'fix', 'fixes')} ${safe === 1 ? 'is' : 'are'} safe (--fix)`]),
    ...(unsafe === 0 ? [] : [`${plural(unsafe, 'fix', 'fixes')} may change what happens (--fix-unsafe)`]),
  ]
  return parts.length === 0 ? null : parts.join('; ')
}

/** What `--fix` did; nothing where it was not asked for. */
export function fixedLines({fixes}: VetResult, cwd: string | undefined): readonly string[] {
  if (fixes === undefined) return []
  const {fixed, files, calls} = fixes
  if (fixed.length === 0) return ['fixed nothing']
  return [
    `fixed ${plural(fixed.length, 'finding')} in ${plural(files.length, 'file')}:`,
    ...fixed.map(one => `  ${fixedLine(one, cwd)}`),
    ...calls.map(call => `  this changes the call ${call}`),
  ]
}

export function fixedLine(
  {file, line, rule, object, description}: FixedFinding,
  cwd: string | undefined,
): string {
  const place = `${shownFile(file ?? '', cwd)}${line === null ? '' : `:${line}`}`
  return [place, rule, objectName(object), description].filter(part => part !== '').join('  ')
}

/** Against what the findings were held: `less 3 that the baseline known.json knows; 1 entry of it is stale`. */
export function comparedLines({baseline, comparedWith = []}: VetResult): readonly string[] {
  const compared = comparedWith.map(name => `only what was not found in ${name}`)
  if (baseline === undefined) return compared
  const {file, known, stale, written} = baseline
  const gone = stale === 0 ? '' : `; ${plural(stale, 'entry', 'entries')} ${stale === 1 ? 'is' : 'are'} stale`
  const now = written === null ? '' : `; written with ${plural(written, 'entry', 'entries')}`
  return [...compared, `the baseline ${file} hides ${plural(known, 'finding')}${gone}${now}`]
}

export function editLine(edit: Edit): string {
  switch (edit.action) {
    case 'create':
      return `create ${objectName(edit.object)}`
    case 'delete':
      return `delete ${objectName(edit.object)}`
    case 'remove':
      return `remove ${edit.path}`
    case 'set':
      return `set ${edit.path} to ${JSON.stringify(edit.value)}`
  }
}
