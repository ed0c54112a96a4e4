import type {Finding, VetResult} from '../../vet/finding.ts'
import {code, escape} from '../markdown-text.ts'
import {shownFile} from './options.ts'
import type {RenderOptions} from './options.ts'
import {
  adviceOf,
  comparedLines,
  coverageLine,
  fixedLine,
  objectName,
  openLines,
  summaryLine,
} from './words.ts'

/** For a pull request's comment: a table of what was found, details to unfold. */
export function renderMarkdown(result: VetResult, options: RenderOptions = {}): string {
  const open = openLines(result)
  const parts = [
    '## meshctl vet',
    `**${summaryLine(result)}.** ${[coverageLine(result), ...comparedLines(result)].map(escape).join('. ')}.`,
    ...fixedPart(result, options),
    ...(result.findings.length === 0 ? [] : [table(result.findings, options)]),
    ...result.findings.filter(({severity}) => severity !== 'info').map(finding => details(finding, options)),
    ...(open.length === 0 ? [] : ['### Not answered', open.map(line => `- ${escape(line)}`).join('\n')]),
  ]
  return `${parts.join('\n\n')}\n`
}

function fixedPart({fixes}: VetResult, {cwd}: RenderOptions): readonly string[] {
  if (fixes === undefined || fixes.fixed.length === 0) return []
  const lines = [
    ...fixes.fixed.map(one => fixedLine(one, cwd)),
    ...fixes.calls.map(call => `changed call: ${call}`),
  ]
  return ['### Fixed', lines.map(line => `- ${escape(line)}`).join('\n')]
}

function table(findings: readonly Finding[], options: RenderOptions): string {
  const rows = findings.map(
    finding =>
      `| ${finding.severity} | ${code(finding.rule)} | ${code(placeOf(finding, options))} | ${escape(finding.message)} |`,
  )
  return ['| severity | rule | where | what |', '|---|---|---|---|', ...rows].join('\n')
}

function placeOf(finding: Finding, {cwd}: RenderOptions): string {
  if (finding.file === null) return objectName(finding.object)
  return `${shownFile(finding.file, cwd)}${finding.line === null ? '' : `:${finding.line}`}`
}

function details(finding: Finding, options: RenderOptions): string {
  const frame = finding.frame === null ? [] : [fenced(finding.frame.lines.join('\n'))]
  const evidence = finding.evidence.map(one => `- ${escape(one.text)}`)
  return [
    `<details><summary>${escape(finding.rule)}: ${escape(objectName(finding.object) || placeOf(finding, options))}</summary>`,
    escape(finding.message),
    ...frame,
    ...(evidence.length === 0 ? [] : [evidence.join('\n')]),
    `**Fix:** ${escape(adviceOf(finding))}`,
    ...patches(finding, options),
    '</details>',
  ].join('\n\n')
}

function patches(finding: Finding, options: RenderOptions): readonly string[] {
  const all = options.patches?.(finding) ?? []
  return all.length === 0 ? [] : [fenced(all.flatMap(({diff}) => diff).join('\n'), 'diff')]
}

/** A fence longer than any run of backticks inside. */
function fenced(text: string, language = 'yaml'): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}
