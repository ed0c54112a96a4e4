import {buildMesh} from '../mesh/build.ts'
import type {ReadProblem} from '../objects/object.ts'
import {atLeast} from '../vet/finding.ts'
import type {Finding, VetResult} from '../vet/finding.ts'
import type {Severity} from '../vet/rule.ts'
import {vet} from '../vet/vet.ts'
import {readBaseline, writeBaseline} from './baseline.ts'
import type {Input} from './load-input.ts'

export type FailOn = Severity | 'never'

export interface VetRequest {
  /** Undefined is what meshctl.yaml says, else error. */
  readonly failOn?: FailOn | undefined
  /** A file of findings that are known and left for later. */
  readonly baseline?: string | undefined
  readonly writeBaseline: boolean
}

export interface Vetted {
  readonly result: VetResult
  /** Whether something is at or above the threshold. */
  readonly failed: boolean
}

/** The findings of the input, less those that the base has without it, that the baseline knows, or of other namespaces. */
export async function vetInput(
  input: Input,
  {failOn, baseline, writeBaseline: writing}: VetRequest,
): Promise<Vetted> {
  const all = run(input, input.problems)
  const caused = input.base.length === 0 ? all : causedBy(input, all)
  const near = narrow(caused, finding => inNamespaces(finding, input.namespaces))
  if (writing && baseline !== undefined) {
    await writeBaseline(baseline, near.findings)
    return {result: near, failed: false}
  }
  const result = baseline === undefined ? near : withoutKnown(near, baseline, await readBaseline(baseline))
  const threshold = failOn ?? input.config.vet.failOn ?? 'error'
  return {
    result,
    failed: threshold !== 'never' && result.findings.some(({severity}) => atLeast(severity, threshold)),
  }
}

function run(
  {mesh, config, assumptions}: Pick<Input, 'mesh' | 'config' | 'assumptions'>,
  problems: readonly ReadProblem[],
): VetResult {
  return {...vet(mesh, {config: config.vet, problems, idempotent: config.idempotent}), assumptions}
}

/** What the base has on its own is not what the input brought, unless it stands in the input's own files. */
function causedBy(input: Input, all: VetResult): VetResult {
  const before = run({...input, mesh: buildMesh(input.base, input.options)}, [])
  const known = new Set(before.findings.map(({fingerprint}) => fingerprint))
  const own = new Set(input.files)
  return narrow(all, ({fingerprint, file}) => !known.has(fingerprint) || (file !== null && own.has(file)))
}

function inNamespaces({object}: Finding, namespaces: readonly string[]): boolean {
  return (
    namespaces.length === 0 ||
    object === null ||
    object.namespace === '' ||
    namespaces.includes(object.namespace)
  )
}

function withoutKnown(result: VetResult, file: string, known: ReadonlySet<string>): VetResult {
  const suppressed = result.findings
    .filter(({fingerprint}) => known.has(fingerprint))
    .map(finding => ({finding, by: 'config' as const, reason: `in the baseline ${file}`}))
  const rest = narrow(result, ({fingerprint}) => !known.has(fingerprint))
  const all = [...rest.suppressed, ...suppressed]
  return {...rest, suppressed: all, summary: {...rest.summary, suppressed: all.length}}
}

function narrow(result: VetResult, keep: (finding: Finding) => boolean): VetResult {
  const findings = result.findings.filter(keep)
  const count = (severity: Severity): number =>
    findings.filter(finding => finding.severity === severity).length
  return {
    ...result,
    findings,
    summary: {...result.summary, errors: count('error'), warnings: count('warning'), infos: count('info')},
  }
}
