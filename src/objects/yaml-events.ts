import {EVENT_ID, parseEvents, SCALAR_STYLE, YAMLException} from 'js-yaml'
import type {Event} from 'js-yaml'

/** What js-yaml's parser finds in a document. Offsets of events are into `source`. */
export interface Parsed {
  readonly events: readonly Event[]
  readonly source: string
  /** The offset in the text as it was given. */
  original(offset: number): number
}

/** As deep as any object that the API server stores, with room; js-yaml recurses once a level. */
export const maxDepth = 400

/** Lines of one document that are mended; each costs parsing it again. */
const maxMends = 100
const mend = ' '.repeat(2 * maxDepth)

/**
 * Parses a document into events; throws js-yaml's YAMLException, its position into the given text.
 *
 * libyaml, on which Kubernetes' parser rests, lets a flow collection or a quoted string go on at any indentation:
 * `args: [` closed by a `]` right below the `a` is common. js-yaml refuses that as YAML 1.2 does. Blanks at the start
 * of such a line mean nothing, so the line is indented, and the parser asked again.
 */
export function parseDocument(text: string): Parsed {
  let source = text
  /** Offsets in `source` where blanks were put in, in order. */
  const mends: number[] = []
  const original = (offset: number): number => originalOffset(offset, mends)
  for (;;) {
    try {
      return {events: parseEvents(source, {maxDepth}), source, original}
    } catch (error) {
      if (!(error instanceof YAMLException) || error.mark === undefined) throw error
      const line = source.lastIndexOf('\n', error.mark.position - 1) + 1
      const mendable =
        error.reason === 'deficient indentation' && mends.length < maxMends && !mends.includes(line)
      if (!mendable)
        throw new YAMLException(error.reason, {...error.mark, position: original(error.mark.position)})
      for (const [index, place] of mends.entries()) if (place > line) mends[index] = place + mend.length
      mends.push(line)
      source = source.slice(0, line) + mend + source.slice(line)
    }
  }
}

function originalOffset(offset: number, mends: readonly number[]): number {
  let shift = 0
  for (const place of mends) if (place < offset) shift += Math.min(mend.length, offset - place)
  return offset - shift
}

/** Where a node starts in the source; its properties (anchor, tag) are passed over. */
export function offsetOf(event: Event | undefined): number {
  switch (event?.type) {
    case EVENT_ID.SCALAR: {
      const quoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED
      if (event.valueStart === -1) return Math.max(0, event.tagStart, event.anchorStart)
      return quoted ? event.valueStart - 1 : event.valueStart
    }
    case EVENT_ID.SEQUENCE:
    case EVENT_ID.MAPPING:
      return event.start
    case EVENT_ID.ALIAS:
      return event.anchorStart - 1
    default:
      return 0
  }
}
