/** The text of one YAML document, with where in its file it starts. */
export interface DocumentText {
  readonly text: string
  readonly startLine: number
  readonly startOffset: number
}

/**
 * Cuts a file into its documents at lines that begin with `---` or `...`, so that a broken document leaves the others
 * readable. Such a line cannot be part of a value: YAML forbids it even in quotes and block scalars.
 */
export function splitDocuments(text: string): readonly DocumentText[] {
  const documents: DocumentText[] = []
  let start = text.startsWith('\uFEFF') ? 1 : 0
  let startLine = 0
  let line = 0
  const close = (end: number): void => {
    if (end > start) documents.push({text: text.slice(start, end), startLine, startOffset: start})
  }
  for (let at = start; at < text.length;) {
    const next = lineEnd(text, at)
    if (isMarker(text, at) && !(text[at] === '-' && hasDirectives(text, start, at))) {
      close(at)
      const alone = text[at] === '.' || /^---[ \t]*(?:#.*)?\r?\n?$/.test(text.slice(at, next))
      start = alone ? next : at
      startLine = alone ? line + 1 : line
    }
    const stop = nextCandidate(text, next)
    line += countLines(text, at, stop)
    at = stop
  }
  close(text.length)
  return documents
}

function isMarker(text: string, at: number): boolean {
  const marker = text.startsWith('---', at) || text.startsWith('...', at)
  return marker && (at + 3 >= text.length || ' \t\r\n'.includes(text.charAt(at + 3)))
}

/** `%YAML` and `%TAG` lines belong to the document that the next `---` starts. */
function hasDirectives(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at = lineEnd(text, at)) {
    if (text[at] === '%') return true
    if (text[at] !== '#' && text[at] !== '\n' && text[at] !== '\r') return false
  }
  return false
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end + 1
}

/** The start of the next line that may be a marker; jumping there is what makes large files quick. */
function nextCandidate(text: string, at: number): number {
  if (at >= text.length) return text.length
  if (text[at] === '-' || text[at] === '.') return at
  const dashes = text.indexOf('\n---', at)
  const end = dashes === -1 ? text.length : dashes + 1
  const dots = text.slice(at, end).indexOf('\n...')
  return dots === -1 ? end : at + dots + 1
}

function countLines(text: string, from: number, to: number): number {
  let lines = 0
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) lines++
  return lines
}
