import type {RuleInfo} from '../../vet/engine-rules.ts'
import type {Evidence, Finding, Spot, Suppressed, VetResult} from '../../vet/finding.ts'
import {shownFile} from './options.ts'
import type {RenderOptions} from './options.ts'
import {adviceOf, comparedLines, fixedLine, objectName} from './words.ts'

const levels = {error: 'error', warning: 'warning', info: 'note'} as const

/** SARIF 2.1.0. `rules` describe what can be found; those that occur are listed. */
export function renderSarif(
  result: VetResult,
  options: RenderOptions = {},
  rules: readonly RuleInfo[] = [],
): string {
  const all = [...result.findings.map(finding => ({finding})), ...result.suppressed]
  const ids = [
    ...new Set([...all.map(({finding}) => finding.rule), ...result.skipped.map(({rule}) => rule)]),
  ].sort()
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'meshctl',
            ...(options.version === undefined ? {} : {version: options.version}),
            rules: ids.map(id => descriptor(id, rules)),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [invocation(result, options)],
        results: all.map(one => resultOf(one, ids, options)),
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

function descriptor(id: string, rules: readonly RuleInfo[]): object {
  const rule = rules.find(one => one.id === id)
  if (rule === undefined) return {id}
  return {
    id,
    shortDescription: {text: rule.why},
    help: {text: rule.fix},
    defaultConfiguration: {level: levels[rule.severity]},
    properties: {tags: [rule.area], equivalents: rule.equivalents},
  }
}

function invocation(result: VetResult, {cwd}: RenderOptions): object {
  const done = [
    ...comparedLines(result),
    ...(result.fixes?.fixed ?? []).map(one => `fixed ${fixedLine(one, cwd)}`),
  ]
  return {
    executionSuccessful: true,
    toolConfigurationNotifications: notifications(result),
    ...(done.length === 0
      ? {}
      : {toolExecutionNotifications: done.map(text => ({level: 'note', message: {text}}))}),
  }
}

/** What did not run and what could not be read is part of the answer. */
function notifications({skipped, gaps}: VetResult): readonly object[] {
  return [
    ...skipped.map(({rule, reason}) => ({
      level: 'note',
      message: {text: `${rule} did not run: ${reason}`},
      associatedRule: {id: rule},
    })),
    ...gaps.map(({kind, reason}) => ({
      level: 'warning',
      message: {text: `${kind} could not be read: ${reason}`},
    })),
  ]
}

function resultOf(
  {finding, ...rest}: {readonly finding: Finding} & Partial<Suppressed>,
  ids: readonly string[],
  options: RenderOptions,
): object {
  const related = [...finding.evidence, ...finding.related].filter(({line}) => line !== null)
  const name = objectName(finding.object)
  const location = {
    ...physical(finding, options),
    ...(name === ''
      ? {}
      : {
          logicalLocations: [
            {fullyQualifiedName: `${name}${finding.path === '' ? '' : `: ${finding.path}`}`, kind: 'object'},
          ],
        }),
  }
  return {
    ruleId: finding.rule,
    ruleIndex: ids.indexOf(finding.rule),
    level: levels[finding.severity],
    message: {text: `${finding.message} ${adviceOf(finding)}`},
    locations: [location],
    ...(related.length === 0
      ? {}
      : {relatedLocations: related.map((one, id) => relatedLocation(one, id, options))}),
    partialFingerprints: {'meshctl/v1': finding.fingerprint},
    ...fixesOf(finding, options),
    ...(rest.by === undefined ? {} : {suppressions: [suppressionOf(rest.by, rest.reason ?? null)]}),
    properties: {
      messageId: finding.messageId,
      certainty: finding.certainty,
      equivalents: finding.equivalents,
    },
  }
}

/** Fixes that an editor or a review can offer; what a person has to decide first is in the message alone. */
function fixesOf(finding: Finding, options: RenderOptions): object {
  const {fix} = finding
  const patches = options.patches?.(finding) ?? []
  // A fix is made as a whole or not at all: one with a part that SARIF cannot say is not offered.
  if (fix === null || fix.kind === 'hint' || patches.length === 0) return {}
  if (patches.some(({replacements}) => replacements.length === 0)) return {}
  const files = [...Map.groupBy(patches, ({file}) => file)]
  const artifactChanges = files.map(([file, inFile]) => ({
    artifactLocation: {uri: uriOf(file, options)},
    replacements: inFile.flatMap(({replacements}) =>
      replacements.map(({text, ...deletedRegion}) => ({deletedRegion, insertedContent: {text}})),
    ),
  }))
  return {fixes: [{description: {text: adviceOf(finding)}, artifactChanges, properties: {kind: fix.kind}}]}
}

function physical(spot: Spot, options: RenderOptions): object {
  if (spot.file === null) return {}
  const region = {
    startLine: spot.line ?? 1,
    startColumn: spot.column ?? 1,
    ...(spot.endLine === null || spot.endColumn === null
      ? {}
      : {endLine: spot.endLine, endColumn: spot.endColumn}),
  }
  return {physicalLocation: {artifactLocation: {uri: uriOf(spot.file, options)}, region}}
}

function relatedLocation(evidence: Evidence, id: number, options: RenderOptions): object {
  return {id, message: {text: evidence.text}, ...physical(evidence, options)}
}

function suppressionOf(by: Suppressed['by'], reason: string | null): object {
  return {
    kind: by === 'config' || by === 'baseline' ? 'external' : 'inSource',
    ...(reason === null ? {} : {justification: reason}),
  }
}

/** Relative and percent-encoded, as SARIF wants it; standard input gets a name that is a valid URI. */
function uriOf(file: string, {cwd}: RenderOptions): string {
  if (file === '-') return 'stdin'
  const shown = shownFile(file, cwd)
  const encoded = shown.split('/').map(encodeURIComponent).join('/')
  return shown.startsWith('/') ? `file://${encoded}` : encoded
}
