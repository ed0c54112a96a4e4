import type {Json, Path} from './object.ts'
import {readPlainYaml} from './plain-yaml.ts'
import type {Spot, Spots} from './plain-yaml.ts'
import type {Positions} from './positions.ts'

/** The places in a document that is written plainly; null for any other. */
export function plainPositions(text: string): Positions | null {
  const spots: Spots = {whole: null, within: new Map()}
  const value = readPlainYaml(text, spots)
  const {whole} = spots
  if (value === undefined || whole === null) return null
  return {
    at: (path, what = 'value') => {
      const {keyStart, keyEnd, start, end} = spotAt(spots, value, path) ?? whole
      const byKey = keyStart !== -1 && (what === 'key' || start === -1)
      return byKey ? {start: keyStart, end: keyEnd} : {start, end}
    },
  }
}

/** That of the last step which leads somewhere; an item without a value is nowhere. */
function spotAt({within}: Spots, root: Json, path: Path): Spot | null {
  let found: Spot | null = null
  let value: Json | undefined = root
  for (const step of path) {
    const spot: Spot | undefined = value === undefined ? undefined : within.get(value)?.get(step)
    if (spot === undefined || (spot.start === -1 && spot.keyStart === -1)) break
    found = spot
    value = (value as Readonly<Record<string | number, Json>>)[step]
  }
  return found
}
