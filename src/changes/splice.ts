/** Replaces a range of a text. */
export interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A text with its splices made; they must not overlap. At one offset insertions come before what is removed there. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const ordered = splices.toSorted((a, b) => a.start - b.start || a.end - b.end)
  let result = ''
  let done = 0
  for (const {start, end, text: inserted} of ordered) {
    if (start < done) throw new Error(`edits overlap at offset ${start}`)
    result += text.slice(done, start) + inserted
    done = end
  }
  return result + text.slice(done)
}

/** The offset at which the line of an offset starts. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}

/** The offset behind the last character of a line, before its line break. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  if (end === -1) return text.length
  return end > offset && text[end - 1] === '\r' ? end - 1 : end
}

/** The offset at which the next line starts. */
export function nextLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  return end === -1 ? text.length : end + 1
}

export function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset)
}
