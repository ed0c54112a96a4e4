import {formatPath} from '../objects/json.ts'
import type {ReadProblem} from '../objects/object.ts'
import {editsOf} from './edits.ts'
import {problemRule} from './engine-rules.ts'
import type {RuleInfo} from './engine-rules.ts'
import {lower} from './finding.ts'
import type {Finding, Spot, Suppressed} from './finding.ts'
import {fingerprint, normalPath} from './fingerprint.ts'
import {evidenceOf, frameOf, nowhere, spotOf} from './positions.ts'
import type {Report} from './rule.ts'
import {overrideFor, severityOf} from './settings.ts'
import type {SeverityOrOff, VetSettings} from './settings.ts'
import type {UsedSuppressions} from './suppressions.ts'

/** What a rule said, before the engine has judged it. */
export interface Said {
  readonly rule: RuleInfo
  readonly report: Report
  /** Where it stands, if that is no value of the object: a comment. */
  readonly spot?: Spot
}

/** A finding, and who does not want to see it. */
export interface Judged {
  readonly finding: Finding
  readonly hidden: Omit<Suppressed, 'finding'> | null
}

export interface Judge {
  readonly settings: VetSettings
  /** From the command line, stronger than the settings. */
  readonly severityOverrides: Readonly<Record<string, SeverityOrOff>>
  readonly suppressions: UsedSuppressions
}

/** A report with place, severity and suppression; null where it is switched off without a trace. */
export function judgeReport({rule, report, spot}: Said, judge: Judge): Judged | null {
  const {object, path} = report
  const place = spot ?? spotOf(object, path)
  const suppression = judge.suppressions.use(rule, object, place)
  const override = overrideFor([rule.id, ...rule.formerIds], object, judge.settings)
  const severity = severityFor(rule, report, override?.severity, judge)
  const finding: Finding = {
    rule: rule.id,
    messageId: report.messageId,
    severity: severity === 'off' ? rule.severity : severity,
    certainty: report.certainty ?? 'certain',
    message: messageOf(rule, report),
    object: object.id,
    path: formatPath(path),
    ...place,
    evidence: (report.evidence ?? []).map(evidenceOf),
    related: (report.related ?? []).map(evidenceOf),
    fix: report.fix === undefined ? null : {...report.fix, edits: editsOf(report.fix.changes)},
    help: rule.fix,
    equivalents: rule.equivalents,
    fingerprint: fingerprint({
      rule: rule.id,
      messageId: report.messageId,
      id: object.id,
      path: normalPath(object, path),
      data: essentials(report),
    }),
    frame: frameOf(object, place),
  }
  if (suppression !== null) return {finding, hidden: {by: suppression.by, reason: suppression.reason}}
  if (severity !== 'off') return {finding, hidden: null}
  return override === null
    ? null
    : {finding, hidden: {by: 'config', reason: override.override.reason ?? null}}
}

/** What the user set, else the rule's own; lowered by weaker knowledge. What cannot be verified is only a hint. */
function severityFor(
  rule: RuleInfo,
  report: Report,
  override: SeverityOrOff | undefined,
  judge: Judge,
): SeverityOrOff {
  const set =
    override ?? judge.severityOverrides[rule.id] ?? severityOf(rule, judge.settings) ?? rule.severity
  if (set === 'off') return 'off'
  if (report.certainty === 'cannot-verify') return 'info'
  return report.severity === undefined ? set : lower(set, report.severity)
}

/** Something of the input that could not be read, as a finding. */
export function judgeProblem(problem: ReadProblem, judge: Judge): Judged | null {
  const rule = problemRule(problem.code)
  const severity = judge.severityOverrides[rule.id] ?? severityOf(rule, judge.settings) ?? rule.severity
  if (severity === 'off') return null
  const {code, message, file, line, column} = problem
  const finding: Finding = {
    ...nowhere,
    rule: rule.id,
    messageId: code,
    severity,
    certainty: 'certain',
    message,
    object: null,
    path: '',
    file,
    line,
    column,
    evidence: [],
    related: [],
    fix: {kind: 'hint', description: problem.try, edits: [], changes: []},
    help: rule.fix,
    equivalents: rule.equivalents,
    fingerprint: fingerprint({
      rule: rule.id,
      messageId: code,
      id: null,
      path: file,
      data: {problem: message},
    }),
    frame: null,
  }
  return {finding, hidden: null}
}

/** What cannot be verified says so in every format: the input may hold a part only. */
function messageOf(rule: RuleInfo, {messageId, data = {}, certainty}: Report): string {
  const message = fill(rule.messages[messageId] ?? messageId, data)
  return certainty === 'cannot-verify' ? `${message} (Cannot verify: it may lie outside the input.)` : message
}

function fill(message: string, data: Readonly<Record<string, string | number>>): string {
  return message.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(data, name) ? String(data[name]) : placeholder,
  )
}

function essentials({data = {}, identity}: Report): Readonly<Record<string, string | number>> {
  return identity === undefined
    ? data
    : Object.fromEntries(Object.entries(data).filter(([name]) => identity.includes(name)))
}
