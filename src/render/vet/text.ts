import type {Evidence, Finding, Frame, VetResult} from '../../vet/finding.ts'
import {noPaint, shownFile} from './options.ts'
import type {RenderOptions} from './options.ts'
import {
  adviceOf,
  comparedLines,
  coverageLine,
  editLine,
  fixableLine,
  fixedLines,
  fixLabel,
  objectName,
  openLines,
  summaryLine,
} from './words.ts'

/** For people: grouped by file, each finding with the YAML around its spot, why it is so, and what to do. */
export function renderText(result: VetResult, options: RenderOptions = {}): string {
  const paint = options.paint ?? noPaint
  const blocks = [...byFile(result.findings)].map(([file, findings]) => {
    const title = paint.strong(file === null ? '(from the cluster)' : shownFile(file, options.cwd))
    return [title, ...findings.flatMap(finding => ['', ...findingLines(finding, options)])].join('\n')
  })
  const open = openLines(result).map(line => paint.faint(line))
  const assumed = result.assumptions.map(line => paint.faint(`assumed: ${line}`))
  const fixable = fixableLine(result)
  const end = [
    paint.strong(summaryLine(result)),
    ...(fixable === null ? [] : [fixable]),
    paint.faint(coverageLine(result)),
    ...comparedLines(result).map(line => paint.faint(line)),
    ...open,
    ...assumed,
  ].join('\n')
  const fixed = fixedLines(result, options.cwd).join('\n')
  return `${[...(fixed === '' ? [] : [fixed]), ...blocks, end].join('\n\n')}\n`
}

function byFile(findings: readonly Finding[]): ReadonlyMap<string | null, readonly Finding[]> {
  const groups = new Map<string | null, Finding[]>()
  for (const finding of findings) {
    const group = groups.get(finding.file)
    if (group === undefined) groups.set(finding.file, [finding])
    else group.push(finding)
  }
  return groups
}

function findingLines(finding: Finding, options: RenderOptions): readonly string[] {
  const paint = options.paint ?? noPaint
  const place = finding.line === null ? '' : `${finding.line}:${finding.column ?? 1}  `
  const head = `  ${place}${paint[finding.severity](finding.severity)}  ${finding.rule}  ${paint.faint(objectName(finding.object))}`
  const also =
    finding.equivalents.length === 0 ? [] : [paint.faint(`    same as ${finding.equivalents.join(', ')}`)]
  return [
    head.trimEnd(),
    `    ${finding.message}`,
    ...(finding.frame === null ? [] : frameLines(finding, finding.frame).map(line => `    ${line}`)),
    ...finding.evidence.map(one => `    because: ${evidenceText(one, options)}`),
    ...finding.related.map(one => `    see also: ${evidenceText(one, options)}`),
    `    ${fixLabel(finding)}: ${adviceOf(finding)}`,
    ...patchLines(finding, options).map(line => `      ${line}`),
    ...also,
  ]
}

/** The fix as a diff; step by step where the object came from no file. */
function patchLines(finding: Finding, options: RenderOptions): readonly string[] {
  const paint = options.paint ?? noPaint
  const patches = options.patches?.(finding) ?? []
  if (patches.length === 0) return (finding.fix?.edits ?? []).map(edit => `- ${editLine(edit)}`)
  return patches.flatMap(({file, diff}) => [
    ...(file === finding.file ? [] : [paint.faint(shownFile(file, options.cwd))]),
    ...diff.map(line =>
      line.startsWith('+') ? paint.added(line) : line.startsWith('-') ? paint.removed(line) : line,
    ),
  ])
}

function evidenceText({text, file, line}: Evidence, options: RenderOptions): string {
  return file === null || line === null ? text : `${text} (${shownFile(file, options.cwd)}:${line})`
}

/** The lines with their numbers, the spot underlined on its first line. */
function frameLines(finding: Finding, frame: Frame): readonly string[] {
  const width = String(frame.firstLine + frame.lines.length - 1).length
  return frame.lines.flatMap((line, index) => {
    const number = frame.firstLine + index
    const hit = number === finding.line
    const row = `${hit ? '>' : ' '} ${String(number).padStart(width)} | ${line}`.trimEnd()
    return hit ? [row, `  ${' '.repeat(width)} | ${underline(finding, line)}`] : [row]
  })
}

/** Carets below the spot; tabs stay, so that they stand where the text above does. */
function underline(finding: Finding, line: string): string {
  const start = Math.min((finding.column ?? 1) - 1, line.length)
  const end =
    finding.endLine === finding.line && finding.endColumn !== null
      ? finding.endColumn - 1
      : line.trimEnd().length
  const before = line.slice(0, start).replace(/[^\t]/g, ' ')
  return `${before}${'^'.repeat(Math.max(1, Math.min(end, line.length) - start))}`
}
