import type {ObjectId} from '../../objects/object.ts'
import type {Edit, Finding, VetResult} from '../../vet/finding.ts'
import {plural} from './options.ts'

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
  return finding.fix?.description ?? finding.help
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
