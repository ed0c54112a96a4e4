import type {Finding, VetResult} from '../../vet/finding.ts'
import {atLeast} from '../../vet/finding.ts'
import {shownFile} from './options.ts'
import type {RenderOptions} from './options.ts'
import {
  adviceOf,
  comparedLines,
  coverageLine,
  fixedLines,
  objectName,
  openLines,
  summaryLine,
} from './words.ts'

const commands = {error: 'error', warning: 'warning', info: 'notice'} as const

/** Workflow commands of GitHub Actions. Worst first: GitHub shows only the first ten of a step. */
export function renderGithub(result: VetResult, options: RenderOptions = {}): string {
  const sorted = (['error', 'warning', 'info'] as const).flatMap(severity =>
    result.findings.filter(finding => finding.severity === severity),
  )
  const lines = sorted.map(finding => annotation(finding, options))
  const rest = openLines(result)
  const more = [...comparedLines(result), ...fixedLines(result, options.cwd)]
  const summary = [`${summaryLine(result)}; ${coverageLine(result)}`, ...more, ...rest].join('\n')
  const level =
    result.findings.some(({severity}) => atLeast(severity, 'warning')) || rest.length > 0 ? 'notice' : 'debug'
  return `${[...lines, `::${level} title=meshctl vet::${data(summary)}`].join('\n')}\n`
}

function annotation(finding: Finding, options: RenderOptions): string {
  const values: Record<string, string | number | null> = {
    file: finding.file === null || finding.file === '-' ? null : shownFile(finding.file, options.cwd),
    line: finding.line,
    col: finding.column,
    endLine: finding.endLine,
    // A column range is only allowed within one line.
    endColumn: finding.endLine === finding.line ? finding.endColumn : null,
    title: `${finding.rule}: ${objectName(finding.object)}`.replace(/: $/, ''),
  }
  const properties = Object.entries(values).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${property(String(value))}`],
  )
  return `::${commands[finding.severity]} ${properties.join(',')}::${data(`${finding.message}\nfix: ${adviceOf(finding)}`)}`
}

/** @actions/core escapeData and escapeProperty. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
