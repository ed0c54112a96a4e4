import {MeshctlError} from '../cli/error.ts'
import type {Mesh} from '../mesh/mesh.ts'
import type {KubeObject, ReadProblem} from '../objects/object.ts'
import {engineRules} from './engine-rules.ts'
import {whySkipped} from './eligibility.ts'
import type {Finding, Skipped, VetResult} from './finding.ts'
import {judgeProblem, judgeReport} from './judge.ts'
import type {Judge, Judged, Said} from './judge.ts'
import type {Params, Report, Rule, Severity} from './rule.ts'
import {rules as everyRule} from './rules/registry.ts'
import {paramsOf} from './settings.ts'
import type {IdempotentOperation, SeverityOrOff, VetSettings} from './settings.ts'
import {annotationPath, readSuppressions, withoutSuppression} from './suppressions.ts'
import type {UsedSuppressions} from './suppressions.ts'

export interface VetOptions {
  readonly config: VetSettings
  readonly problems: readonly ReadProblem[]
  /** What meshctl.yaml says may be repeated. */
  readonly idempotent?: readonly IdempotentOperation[]
  readonly rules?: readonly Rule[]
  /** From the command line, stronger than the config. */
  readonly severityOverrides?: Readonly<Record<string, SeverityOrOff>>
  /** Whether the objects come from a cluster. */
  readonly live?: boolean
}

/** Runs the rules over a mesh. Pure: the same mesh and settings give the same result, in the same order. */
export function vet(mesh: Mesh, options: VetOptions): VetResult {
  const rules = options.rules ?? everyRule
  const circumstances = {
    settings: options.config,
    severityOverrides: options.severityOverrides ?? {},
    live: options.live ?? false,
  }
  const skipped: Skipped[] = []
  const said: Said[] = []
  for (const rule of rules) {
    const reason = whySkipped(rule, mesh, circumstances)
    if (reason === null) said.push(...run(rule, mesh, paramsOf(rule, options.config, options.idempotent)))
    else skipped.push({rule: rule.id, reason})
  }
  const judge: Judge = {...circumstances, suppressions: readSuppressions(mesh)}
  const judged = [
    ...unique(said).map(one => judgeReport(one, judge)),
    ...options.problems.map(problem => judgeProblem(problem, judge)),
  ]
  judged.push(...unusedSuppressions(judge.suppressions, rules, skipped).map(one => judgeReport(one, judge)))
  return resultOf(
    mesh,
    rules,
    skipped,
    judged.filter(one => one !== null),
  )
}

function run(rule: Rule, mesh: Mesh, params: Params): readonly Said[] {
  const said: Said[] = []
  try {
    rule.check(mesh, report => said.push({rule, report}), params)
  } catch (cause) {
    throw new MeshctlError(
      'bug',
      `The rule ${rule.id} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        try: [
          `Switch the rule off in meshctl.yaml to get the answer of the others: rules: {${rule.id}: off}`,
          'Report this as a bug of meshctl, with the objects if you can.',
        ],
        cause,
      },
    )
  }
  return said
}

/** The same thing said twice (of an edge seen by two clients, mostly) counts once. */
function unique(said: readonly Said[]): readonly Said[] {
  const seen = new Map<KubeObject, Set<string>>()
  return said.filter(({rule, report}) => {
    const known = seen.get(report.object) ?? new Set<string>()
    seen.set(report.object, known)
    const key = JSON.stringify([rule.id, report.messageId, report.path, report.data ?? {}])
    return !known.has(key) && known.add(key)
  })
}

/** A rule that did not run says nothing about whether its suppression is still needed. */
function unusedSuppressions(
  suppressions: UsedSuppressions,
  rules: readonly Rule[],
  skipped: readonly Skipped[],
): readonly Said[] {
  const known = new Map(rules.flatMap(rule => [rule.id, ...rule.formerIds].map(id => [id, rule] as const)))
  const silent = new Set(skipped.map(({rule}) => rule))
  return suppressions.unused().flatMap(([suppression, id]): readonly Said[] => {
    const rule = known.get(id)
    if (rule !== undefined && silent.has(rule.id)) return []
    const path = suppression.by === 'annotation' ? annotationPath : []
    const report = {
      messageId: rule === undefined ? 'unknown' : 'unused',
      data: {rule: id},
      object: suppression.object,
      path,
      ...(suppression.by === 'annotation' && {fix: removalOf(suppression.object, id)}),
    }
    const spot = suppression.spot === null ? {} : {spot: suppression.spot}
    return [{rule: engineRules['unused-suppression'], report, ...spot}]
  })
}

function removalOf(object: KubeObject, id: string): NonNullable<Report['fix']> {
  return {
    kind: 'safe',
    description: `Take ${id} out of the annotation.`,
    changes: [withoutSuppression(object, id)],
  }
}

function resultOf(
  mesh: Mesh,
  rules: readonly Rule[],
  skipped: readonly Skipped[],
  judged: readonly Judged[],
): VetResult {
  const findings = inOrder(judged.filter(({hidden}) => hidden === null).map(({finding}) => finding))
  const suppressed = judged.flatMap(({finding, hidden}) => (hidden === null ? [] : [{finding, ...hidden}]))
  const count = (severity: Severity): number =>
    findings.filter(finding => finding.severity === severity).length
  return {
    findings,
    suppressed: suppressed.sort((a, b) => compare(a.finding, b.finding)),
    skipped,
    gaps: mesh.gaps,
    assumptions: mesh.assumptions,
    version: mesh.version,
    summary: {
      errors: count('error'),
      warnings: count('warning'),
      infos: count('info'),
      suppressed: suppressed.length,
      objects: mesh.objects().length,
      rulesRun: rules.length - skipped.length,
      rulesSkipped: skipped.length,
    },
  }
}

/** Sorted by place; findings of one essence (two copies of an object) get an ordinal, so that each is told apart. */
function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const times = new Map<string, number>()
  return ordered(findings).map(finding => {
    const nth = (times.get(finding.fingerprint) ?? 0) + 1
    times.set(finding.fingerprint, nth)
    return nth === 1 ? finding : {...finding, fingerprint: `${finding.fingerprint}-${nth}`}
  })
}

export function ordered(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort(compare)
}

function compare(a: Finding, b: Finding): number {
  return (
    order(a.file ?? '', b.file ?? '') ||
    (a.line ?? 0) - (b.line ?? 0) ||
    (a.column ?? 0) - (b.column ?? 0) ||
    order(a.rule, b.rule) ||
    order(a.object?.namespace ?? '', b.object?.namespace ?? '') ||
    order(a.object?.name ?? '', b.object?.name ?? '') ||
    order(a.message, b.message)
  )
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
