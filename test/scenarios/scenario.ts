/**
 * One CLI behaviour as a text file: a first line that says it in words, then sections.
 *
 *     ==== copy: bookinfo ====        the example's manifests, as `bookinfo/`
 *     ==== file: a.yaml ====          a file before the command runs
 *     ==== env ====                   NAME=value lines
 *     ==== stdin ====
 *     ==== command ====               a line of shell
 *     ==== stdout ====                what is expected: rewritten with UPDATE=1, as is all below
 *     ==== stderr ====
 *     ==== status ====
 *     ==== after: out/a.yaml ====     a file after the command ran; `(none)` where it must not exist
 */
export interface Scenario {
  readonly title: string
  readonly sections: readonly Section[]
}

export interface Section {
  readonly kind: string
  readonly name: string
  readonly text: string
}

const header = /^==== ([a-z]+)(?:: (.+?))? ====$/

export function parseScenario(text: string): Scenario {
  const [title = '', ...lines] = text.split('\n')
  const sections: {kind: string; name: string; lines: string[]}[] = []
  for (const line of lines) {
    const [, kind, name = ''] = header.exec(line) ?? []
    if (kind !== undefined) sections.push({kind, name, lines: []})
    else sections.at(-1)?.lines.push(line)
  }
  return {title, sections: sections.map(({kind, name, lines: own}) => ({kind, name, text: own.join('\n')}))}
}

export function formatScenario({title, sections}: Scenario): string {
  const parts = sections.map(
    ({kind, name, text}) =>
      `==== ${kind}${name === '' ? '' : `: ${name}`} ====\n${text.replace(/\n+$/, '')}${text.trim() === '' ? '' : '\n'}`,
  )
  return `${title}\n\n${parts.join('\n')}`.replace(/\n+$/, '\n')
}

export function sectionText({sections}: Scenario, kind: string): string {
  return sections.find(section => section.kind === kind)?.text ?? ''
}

/** Outputs are compared without the empty lines that separate sections. */
export function trimmed(text: string): string {
  return text.replace(/\n+$/, '')
}
