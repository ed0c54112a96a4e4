import type {Json} from './object.ts'

/**
 * What a plain YAML scalar means to Kubernetes: `resolve` of goyaml.v2, which sigs.k8s.io/yaml uses (go.yaml.in/yaml/v2
 * resolve.go). YAML 1.1 booleans and integers; no sexagesimal numbers; timestamps stay text.
 */
export function resolveScalar(source: string): Json {
  if (source === '') return null
  const hint = hints[source.charCodeAt(0)]
  if (hint === undefined) return source
  const word = source.length <= 5 ? words.get(source) : undefined
  if (word !== undefined) return word
  if (hint === 'word') return source
  return hint === 'point' ? (parseFloat(source, pointFloat) ?? source) : resolveNumber(source)
}

/** The value of a scalar with an explicit tag, or undefined where the text doesn't fit the tag. */
export function resolveTagged(tag: string, source: string): Json | undefined {
  const name = tag.startsWith(coreTag) ? tag.slice(coreTag.length) : ''
  if (name === 'binary') return Buffer.from(source, 'base64').toString('utf8')
  if (name !== 'bool' && name !== 'int' && name !== 'float' && name !== 'null') return source
  const value = resolveScalar(source)
  if (name === 'null') return value === null ? null : undefined
  if (name === 'bool') return typeof value === 'boolean' ? value : undefined
  if (typeof value !== 'number') return undefined
  const integer = parseInteger(source.replaceAll('_', '')) !== undefined
  return name === 'float' || integer ? value : undefined
}

/**
 * A mapping key as text, where `source` is the scalar as written: sigs.k8s.io/yaml turns integers, floats and booleans
 * into strings; undefined for null, which it refuses as a key.
 */
export function keyText(value: Json, source: string): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  if (typeof value !== 'number') return undefined
  return parseInteger(source.replaceAll('_', ''))?.toString() ?? formatFloat32(value)
}

const coreTag = 'tag:yaml.org,2002:'

const words = new Map<string, Json>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map(
    word => [word, true] as const,
  ),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map(
    word => [word, false] as const,
  ),
  ...['~', 'null', 'Null', 'NULL'].map(word => [word, null] as const),
  ...['.nan', '.NaN', '.NAN'].map(word => [word, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(word => [word, Infinity] as const),
  ...['-.inf', '-.Inf', '-.INF'].map(word => [word, -Infinity] as const),
])

const hints: ('word' | 'point' | 'number' | undefined)[] = []
for (const letter of 'yYnNtTfFoO~') hints[letter.charCodeAt(0)] = 'word'
for (const letter of '+-0123456789') hints[letter.charCodeAt(0)] = 'number'
hints['.'.charCodeAt(0)] = 'point'

const shortInteger = /^[1-9][0-9]{0,14}$/
/** strconv.ParseInt with base 0; underscores are gone by then. */
const goInteger = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([1-9][0-9]*|0))$/
/** After a failed ParseInt goyaml reads `0b` by hand, and so takes a sign behind it. */
const signedBinary = /^0b([-+])([01]+)$/
const styleFloat = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
/** strconv.ParseFloat of what begins with a point. */
const pointFloat = /^\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+)?$/

function resolveNumber(source: string): Json {
  if (shortInteger.test(source)) return Number(source)
  const plain = source.replaceAll('_', '')
  const integer = parseInteger(plain)
  return integer === undefined ? (parseFloat(plain, styleFloat) ?? source) : Number(integer)
}

function parseInteger(plain: string): bigint | undefined {
  const match = goInteger.exec(plain) ?? signedBinaryMatch(plain)
  if (match === null) return undefined
  const [, sign, hex, binary, octal, decimal = '0'] = match
  const digits =
    hex !== undefined
      ? `0x${hex}`
      : binary !== undefined
        ? `0b${binary}`
        : octal !== undefined
          ? `0o${octal}`
          : decimal
  const size = BigInt(digits)
  const limit = sign === '' ? 2n ** 64n - 1n : sign === '-' ? 2n ** 63n : 2n ** 63n - 1n
  if (size > limit) return undefined
  return sign === '-' ? -size : size
}

function signedBinaryMatch(plain: string): readonly (string | undefined)[] | null {
  const match = signedBinary.exec(plain)
  return match === null ? null : [match[0], match[1], undefined, match[2]]
}

/** Undefined for text that is no float, or one beyond what a float holds. */
function parseFloat(source: string, pattern: RegExp): number | undefined {
  const value = pattern.test(source) ? Number(source.replaceAll('_', '')) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}

/** strconv.FormatFloat(value, 'g', -1, 32), by which sigs.k8s.io/yaml writes a key that is a float. */
function formatFloat32(value: number): string {
  const single = Math.fround(value)
  let digits = 1
  while (digits < 9 && Math.fround(Number(single.toPrecision(digits))) !== single) digits++
  const [mantissa = '0', exponent = '0'] = single.toExponential(digits - 1).split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(Number(single.toPrecision(digits)))
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}
