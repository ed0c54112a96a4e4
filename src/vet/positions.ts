import type {Fact} from '../mesh/fact.ts'
import {formatPath} from '../objects/json.ts'
import {locate} from '../objects/locate.ts'
import type {KubeObject, Path} from '../objects/object.ts'
import type {Evidence, Frame, Spot} from './finding.ts'

export const nowhere: Spot = {file: null, line: null, column: null, endLine: null, endColumn: null}

/** Lines shown above the spot, and at most from its first to its last. */
const linesAbove = 2
const linesOfSpot = 4

/** The place of a value, or of its nearest ancestor that exists. */
export function spotOf(object: KubeObject, path: Path): Spot {
  return locate(object, path) ?? {...nowhere, file: object.source?.file ?? null}
}

export function evidenceOf(fact: Fact): Evidence {
  const spot = fact.object === null ? nowhere : spotOf(fact.object, fact.path)
  return {text: fact.text, object: fact.object?.id ?? null, path: formatPath(fact.path), ...spot}
}

export function frameOf(object: KubeObject, spot: Spot): Frame | null {
  if (object.source === null || spot.line === null) return null
  const {text, startLine} = object.source
  const last = Math.min(spot.endLine ?? spot.line, spot.line + linesOfSpot - 1)
  const first = Math.max(startLine + 1, spot.line - linesAbove)
  const lines = text.split(/\r?\n/).slice(first - startLine - 1, last - startLine)
  return lines.length === 0 ? null : {firstLine: first, lines}
}
