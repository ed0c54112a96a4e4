import type {Evidence, Finding, Fix, VetResult} from '../../vet/finding.ts'
import type {RenderOptions} from './options.ts'

/** The answer as data, `meshctl/vet/v1`: adding a field keeps v1. */
export function vetJson(result: VetResult, options: RenderOptions = {}): Record<string, unknown> {
  return {
    schema: 'meshctl/vet/v1',
    ...(options.version === undefined ? {} : {meshctl: options.version}),
    istio: result.version,
    summary: result.summary,
    findings: result.findings.map(findingJson),
    suppressed: result.suppressed.map(({finding, by, reason}) => ({
      ...findingJson(finding),
      suppressedBy: by,
      reason,
    })),
    skipped: result.skipped,
    gaps: result.gaps,
    assumptions: result.assumptions,
    ...(result.fixes === undefined ? {} : {fixes: result.fixes}),
    ...(result.baseline === undefined ? {} : {baseline: result.baseline}),
    ...(result.comparedWith === undefined ? {} : {comparedWith: result.comparedWith}),
  }
}

export function renderJson(result: VetResult, options: RenderOptions = {}): string {
  return `${JSON.stringify(vetJson(result, options), null, 2)}\n`
}

/** Frames and whole-object changes are for other renderers and for `--fix`. */
function findingJson(finding: Finding): Record<string, unknown> {
  const {fix} = finding
  return {
    rule: finding.rule,
    messageId: finding.messageId,
    severity: finding.severity,
    certainty: finding.certainty,
    message: finding.message,
    object: finding.object,
    path: finding.path,
    file: finding.file,
    line: finding.line,
    column: finding.column,
    endLine: finding.endLine,
    endColumn: finding.endColumn,
    evidence: finding.evidence.map(evidenceJson),
    related: finding.related.map(evidenceJson),
    fix: fix === null ? null : fixJson(fix),
    help: finding.help,
    equivalents: finding.equivalents,
    fingerprint: finding.fingerprint,
  }
}

function fixJson({kind, description, because, edits}: Fix): Record<string, unknown> {
  return {kind, description, ...(because === undefined ? {} : {because}), edits}
}

function evidenceJson({text, object, path, file, line, column}: Evidence): Record<string, unknown> {
  return {text, ...(object === null ? {} : {object, path}), ...(file === null ? {} : {file, line, column})}
}
