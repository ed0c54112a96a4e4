import type {Finding, VetResult} from '../../vet/finding.ts'
import {shownFile} from './options.ts'
import type {RenderOptions} from './options.ts'
import {adviceOf, fixedLine, objectName} from './words.ts'

/**
 * JUnit XML: a suite a file and a case a finding, errors and warnings as failures; rules that did not run are skipped
 * cases. Without any finding there is one case that passes, since many readers reject an empty report.
 */
export function renderJunit(result: VetResult, options: RenderOptions = {}): string {
  const files = new Map<string, Finding[]>()
  for (const finding of result.findings) {
    const name = finding.file === null ? 'cluster' : shownFile(finding.file, options.cwd)
    files.set(name, [...(files.get(name) ?? []), finding])
  }
  const suites = [...files].map(([name, findings]) =>
    suite(
      name,
      findings.map(finding => caseOf(finding, name)),
      failures(findings),
      0,
    ),
  )
  const notRun = result.skipped.map(
    ({rule, reason}) =>
      `    <testcase${attributes({name: rule, classname: 'rules'})}><skipped${attributes({message: reason})}/></testcase>`,
  )
  const unread = result.gaps.map(
    ({kind, reason}) =>
      `    <testcase${attributes({name: kind, classname: 'gaps'})}><skipped${attributes({message: reason})}/></testcase>`,
  )
  const rest = [...notRun, ...unread]
  const passed =
    files.size === 0 ? [`    <testcase${attributes({name: 'no findings', classname: 'vet'})}/>`] : []
  if (rest.length + passed.length > 0) suites.push(suite('rules', [...passed, ...rest], 0, rest.length))
  const fixed = (result.fixes?.fixed ?? []).map(
    one => `    <testcase${attributes({name: fixedLine(one, options.cwd), classname: 'fixed'})}/>`,
  )
  if (fixed.length > 0) suites.push(suite('fixed', fixed, 0, 0))
  const total = result.findings.length + rest.length + passed.length + fixed.length
  const head = attributes({
    name: 'meshctl vet',
    tests: total,
    failures: failures(result.findings),
    errors: 0,
    skipped: rest.length,
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${head}>\n${suites.join('\n')}\n</testsuites>\n`
}

function failures(findings: readonly Finding[]): number {
  return findings.filter(({severity}) => severity !== 'info').length
}

function suite(name: string, cases: readonly string[], failed: number, skipped: number): string {
  const head = attributes({name, tests: cases.length, failures: failed, errors: 0, skipped})
  return [`  <testsuite${head}>`, ...cases, '  </testsuite>'].join('\n')
}

function caseOf(finding: Finding, file: string): string {
  const place = finding.line === null ? '' : `:${finding.line}:${finding.column ?? 1}`
  const name = `${finding.rule} ${objectName(finding.object)} ${finding.path}`.replace(/ +/g, ' ').trim()
  const head = attributes({
    name,
    classname: file,
    file,
    ...(finding.line === null ? {} : {line: finding.line}),
  })
  const text = [
    `${file}${place}`,
    finding.message,
    ...finding.evidence.map(one => `because: ${one.text}`),
    `fix: ${adviceOf(finding)}`,
  ].join('\n')
  if (finding.severity === 'info')
    return `    <testcase${head}><system-out>${escape(text)}</system-out></testcase>`
  const failure = attributes({type: finding.severity, message: finding.message})
  return `    <testcase${head}><failure${failure}>${escape(text)}</failure></testcase>`
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(
      ([name, value]) =>
        ` ${name}="${escape(String(value)).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`,
    )
    .join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
}

/** Control characters, lone surrogates and the like, which XML 1.0 cannot hold at all. */
const impossible =
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g

/** Escapes what XML reserves. */
function escape(text: string): string {
  return text.replace(impossible, '\uFFFD').replace(/[&<>"'\r]/g, char => entities[char] ?? char)
}
