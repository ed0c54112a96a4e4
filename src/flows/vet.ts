import {MeshctlError} from '../cli/error.ts'
import type {Mesh} from '../mesh/mesh.ts'
import type {ReadProblem} from '../objects/object.ts'
import {overlay} from '../objects/overlay.ts'
import {atLeast} from '../vet/finding.ts'
import type {Finding, VetResult} from '../vet/finding.ts'
import {settingFindings, staleFinding} from '../vet/about-settings.ts'
import type {Severity} from '../vet/rule.ts'
import {ordered, vet} from '../vet/vet.ts'
import {knownFinding, lineOf, readBaseline, writeBaseline} from './baseline.ts'
import type {Baseline, KnownFinding} from './baseline.ts'
import {loadRevision, revision} from './git-tree.ts'
import type {Input} from './load-input.ts'
import {makeFixes} from './vet-fix.ts'
import {withTriedFixes} from './vet-safety.ts'

export type FailOn = Severity | 'never'

export interface VetRequest {
  /** Undefined is what meshctl.yaml says, else error. */
  readonly failOn?: FailOn | undefined
  /** A file of findings that are known and left for later. */
  readonly baseline?: string | undefined
  readonly writeBaseline?: boolean | undefined
  /** A revision of git: what was found there already is not reported. */
  readonly changedSince?: string | undefined
  readonly fix?: 'safe' | 'unsafe' | undefined
  readonly cwd: string
}

export interface Vetted {
  readonly result: VetResult
  /** Whether something is at or above the threshold. */
  readonly failed: boolean
}

/**
 * The findings of the input, less those that were there before the change that is looked at, that the baseline knows,
 * or of other namespaces. With `fix` those that can be mended are, and what remains is told.
 */
export async function vetInput(input: Input, request: VetRequest): Promise<Vetted> {
  refuseUnrendered(input)
  const before = await earlierFindings(input, request)
  const baseline =
    request.baseline === undefined ? null : readBaseline(request.baseline, request.writeBaseline === true)
  const known = new Set(baseline?.entries.map(({fingerprint}) => fingerprint))
  const fixes =
    request.fix === undefined
      ? null
      : makeFixes(input, {
          unsafe: request.fix === 'unsafe',
          report: mesh => withoutKnown(caused(find(input, mesh, []), input, before), known).findings,
        })
  const now = fixes === null || fixes.files.length === 0 ? input : await input.reload()
  const found = find(now, now.mesh, now.problems)
  const near = withFindings(caused(found, now, before), aboutSettings(now))
  const all = withFindings(found, aboutSettings(now))
  const kept = baseline === null ? near : withBaseline(near, all, {baseline, request, input: now})
  const result = withTriedFixes(
    {
      ...kept,
      assumptions: now.assumptions,
      ...(fixes !== null && {fixes}),
      ...(before !== null && {comparedWith: before.names}),
    },
    now,
  )
  const threshold = request.failOn ?? now.config.vet.failOn ?? 'error'
  return {
    result,
    failed: threshold !== 'never' && result.findings.some(({severity}) => atLeast(severity, threshold)),
  }
}

/** A chart or a kustomization on its own holds nothing that could be vetted, and must not pass for clean. */
function refuseUnrendered({objects, problems}: Input): void {
  const [first] = problems
  if (objects.length > 0 || first === undefined) return
  if (problems.some(({code}) => code !== 'unrendered-template')) return
  throw new MeshctlError('nothing-readable', `Nothing could be vetted: ${first.message}.`, {
    try: [...new Set(problems.map(problem => problem.try))],
    file: first.file,
    line: first.line,
    column: first.column,
    data: {problems},
  })
}

/** All findings of a mesh. */
function find({config}: Input, mesh: Mesh, problems: readonly ReadProblem[]): VetResult {
  return vet(mesh, {config: config.vet, problems, idempotent: config.idempotent})
}

/** What meshctl.yaml says in vain is part of every answer. */
function aboutSettings({config}: Input): readonly Finding[] {
  return config.object === null ? [] : settingFindings(config.vet, config.object)
}

// --- what the change causes ------------------------------------------------------------------

interface Earlier {
  /** The worst severity by fingerprint. */
  readonly severities: ReadonlyMap<string, Severity>
  /** Whether what stands in the input's own files is the change, even where it was so before. */
  readonly ownFilesCount: boolean
  /** What it was compared with, in words. */
  readonly names: readonly string[]
}

/** The findings without the change: of the same paths at a revision, or of the base alone. */
async function earlierFindings(input: Input, {changedSince, cwd}: VetRequest): Promise<Earlier | null> {
  if (changedSince !== undefined) {
    refuseWithoutHistory(input, changedSince)
    const label = (given: string): string => given
    const then = await loadRevision(revision(changedSince, cwd), input.from, {cwd, label})
    const objects = input.base.length === 0 ? then.objects : overlay(input.base, then.objects)
    const found = find(input, input.rebuild(objects), then.problems)
    return {severities: worstOf(found), ownFilesCount: false, names: [`git ${changedSince}`]}
  }
  if (input.base.length === 0) return null
  const found = find(input, input.rebuild(input.base), [])
  return {severities: worstOf(found), ownFilesCount: true, names: ['the base']}
}

function refuseWithoutHistory({from}: Input, name: string): void {
  const why =
    from.length === 0
      ? 'a cluster has no history'
      : from.includes('-')
        ? 'standard input has no history'
        : null
  if (why === null) return
  throw new MeshctlError(
    'invalid-value',
    `--changed-since compares files with a commit of git, and ${why}.`,
    {
      try: [`meshctl vet DIR --changed-since ${name}`],
      found: name,
    },
  )
}

function worstOf({findings}: VetResult): ReadonlyMap<string, Severity> {
  return new Map(findings.map(({fingerprint, severity}) => [fingerprint, severity]))
}

/** What was found before is not what the change brought, unless it is worse now. */
function caused(result: VetResult, input: Input, before: Earlier | null): VetResult {
  const own = new Set(input.files)
  return narrow(result, finding => {
    if (!inNamespaces(finding, input.namespaces)) return false
    if (before === null) return true
    const earlier = before.severities.get(finding.fingerprint)
    return (
      earlier === undefined ||
      !atLeast(earlier, finding.severity) ||
      (before.ownFilesCount && finding.file !== null && own.has(finding.file))
    )
  })
}

function inNamespaces({object}: Finding, namespaces: readonly string[]): boolean {
  return (
    namespaces.length === 0 ||
    object === null ||
    object.namespace === '' ||
    namespaces.includes(object.namespace)
  )
}

// --- baseline --------------------------------------------------------------------------------

interface BaselineContext {
  readonly baseline: Baseline
  readonly request: VetRequest
  readonly input: Input
}

/**
 * What the baseline knows does not count. One that is written anew only shrinks: entries without a finding go, and what
 * is not in it is reported as ever. One that is not there yet takes all that there is.
 */
function withBaseline(
  near: VetResult,
  all: VetResult,
  {baseline, request, input}: BaselineContext,
): VetResult {
  const {file} = baseline
  const writing = request.writeBaseline === true
  const entries = baseline.text === null ? near.findings.map(knownFinding) : baseline.entries
  const stale = staleEntries(entries, all)
  const live = entries.filter(entry => !stale.includes(entry))
  if (writing) writeBaseline(baseline, live)
  const result = withoutKnown(near, new Set(entries.map(({fingerprint}) => fingerprint)), file)
  const told = writing
    ? []
    : stale.flatMap(entry => staleFinding({...entry, file, line: lineOf(baseline, entry)}, input.config.vet))
  return {
    ...withFindings(result, told),
    baseline: {
      file,
      known: near.findings.length - result.findings.length,
      stale: stale.length,
      written: writing ? live.length : null,
    },
  }
}

/** Entries whose finding is gone; a rule that did not run says nothing about its own. */
function staleEntries(entries: readonly KnownFinding[], all: VetResult): readonly KnownFinding[] {
  const found = new Set(all.findings.map(({fingerprint}) => fingerprint))
  const silent = new Set(all.skipped.map(({rule}) => rule))
  return entries.filter(({fingerprint, rule}) => !found.has(fingerprint) && !silent.has(rule))
}

function withoutKnown(result: VetResult, known: ReadonlySet<string>, file = ''): VetResult {
  const suppressed = result.findings
    .filter(({fingerprint}) => known.has(fingerprint))
    .map(finding => ({finding, by: 'baseline' as const, reason: `in the baseline ${file}`}))
  const rest = narrow(result, ({fingerprint}) => !known.has(fingerprint))
  const all = [...rest.suppressed, ...suppressed]
  return {...rest, suppressed: all, summary: {...rest.summary, suppressed: all.length}}
}

// --- findings --------------------------------------------------------------------------------

function withFindings(result: VetResult, more: readonly Finding[]): VetResult {
  return more.length === 0
    ? result
    : narrow({...result, findings: ordered([...result.findings, ...more])}, () => true)
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
