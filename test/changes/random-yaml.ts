import fc from 'fast-check'
import type {Json} from '../../src/objects/object.ts'

/** How one rendering of a document chooses among the ways in which people write YAML. */
interface Layout {
  readonly step: number
  readonly listOffset: number
  readonly eol: string
  /** Draws a number below `limit`. */
  readonly choose: (limit: number) => number
}

const words = [
  'a',
  'b',
  'app',
  'http',
  'name',
  'x-y',
  'istio.io/rev',
  'yes',
  'null',
  '0644',
  '1e3',
  '',
  ' ',
  'a b',
  'a: b',
  '# no',
  '*',
  "it's",
  '"q"',
  'é',
  '-',
  '- x',
  '<<',
  '__proto__',
  '{',
  '2020-01-01',
  '1:30',
  '0o7',
  '~',
  '.5',
  '!x',
  '&y',
  'two\nlines',
  'end\n',
  'keep\n\n',
  '\n',
  ' \n x',
  'tab\tx',
  '\u0007',
  '\r\n',
]
export const text = fc.oneof(
  fc.constantFrom(...words),
  fc.string({maxLength: 8}),
  fc.string({unit: 'binary', maxLength: 4}),
)
export const scalar = fc.oneof(
  text,
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.double({noNaN: true, noDefaultInfinity: true}).map(value => value + 0),
)
export const key = fc
  .oneof(fc.constantFrom('a', 'b', 'c', 'name', 'spec', 'x'), text)
  .filter(value => value.length < 100)

export const json: fc.Arbitrary<Json> = fc.letrec<{value: Json; map: Json; list: Json}>(tie => ({
  value: fc.oneof({depthSize: 'small', withCrossShrink: true}, scalar, tie('map'), tie('list')),
  map: fc.dictionary(key, tie('value'), {maxKeys: 4, noNullPrototype: true}),
  list: fc.array(tie('value'), {maxLength: 4}),
})).value

export const root = fc.dictionary(key, json, {minKeys: 1, maxKeys: 5, noNullPrototype: true})

/** A document in pieces: one text for each key of its root, which taken together are the document. */
export function render(value: Readonly<Record<string, Json>>, seed: readonly number[]): readonly string[] {
  let at = 0
  const choose = (limit: number): number => Math.abs(seed[at++ % seed.length] ?? 0) % limit
  const layout: Layout = {
    step: [2, 4][choose(2)] ?? 2,
    listOffset: [0, 2][choose(2)] ?? 2,
    eol: choose(4) === 0 ? '\r\n' : '\n',
    choose,
  }
  return Object.entries(value).map(([name, item]) => lines(entry(name, item, 0, layout), 0, layout))
}

function lines(block: readonly string[], indent: number, layout: Layout): string {
  const comment = layout.choose(5) === 0 ? [`${' '.repeat(indent)}# a comment`] : []
  const blank = layout.choose(6) === 0 ? [''] : []
  return [...blank, ...comment, ...block].map(line => line + layout.eol).join('')
}

function entry(name: string, value: Json, indent: number, layout: Layout): readonly string[] {
  const head = `${' '.repeat(indent)}${quoted(name)}:`
  if (Array.isArray(value) && value.length > 0 && layout.choose(3) > 0) {
    return [head + tail(layout), ...list(value as readonly Json[], indent + layout.listOffset, layout)]
  }
  if (isMap(value) && layout.choose(3) > 0)
    return [head + tail(layout), ...map(value, indent + layout.step, layout)]
  return [`${head} ${inline(value, layout)}${tail(layout)}`]
}

function map(value: Readonly<Record<string, Json>>, indent: number, layout: Layout): readonly string[] {
  return Object.entries(value).flatMap(([name, item]) => [
    ...noise(indent, layout),
    ...entry(name, item, indent, layout),
  ])
}

function list(value: readonly Json[], indent: number, layout: Layout): readonly string[] {
  return value.flatMap(item => [...noise(indent, layout), ...listItem(item, indent, layout)])
}

function listItem(value: Json, indent: number, layout: Layout): readonly string[] {
  const dash = `${' '.repeat(indent)}- `
  if (isMap(value) && layout.choose(4) > 0) {
    const [first = '', ...rest] = Object.entries(value).flatMap(([name, item]) =>
      entry(name, item, indent + 2, layout),
    )
    return [dash + first.slice(indent + 2), ...rest]
  }
  if (Array.isArray(value) && value.length > 0 && layout.choose(2) > 0) {
    const [first = '', ...rest] = (value as readonly Json[]).flatMap(item =>
      listItem(item, indent + 2, layout),
    )
    return [dash + first.slice(indent + 2), ...rest]
  }
  return [dash + inline(value, layout) + tail(layout)]
}

function noise(indent: number, layout: Layout): readonly string[] {
  return layout.choose(8) === 0
    ? [`${' '.repeat(indent)}# note ${layout.choose(9)}`]
    : layout.choose(12) === 0
      ? ['']
      : []
}

function tail(layout: Layout): string {
  return layout.choose(6) === 0 ? '  # why' : ''
}

function inline(value: Json, layout: Layout): string {
  if (Array.isArray(value))
    return `[${(value as readonly Json[]).map(item => inline(item, layout)).join(layout.choose(2) === 0 ? ', ' : ' , ')}${layout.choose(5) === 0 && value.length > 0 ? ',' : ''}]`
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([name, item]) => `${quoted(name)}: ${inline(item ?? null, layout)}`)
      .join(', ')}}`
  if (typeof value !== 'string') return String(value)
  if (/^[a-m][a-m ]*[a-m]$/.test(value) && layout.choose(2) === 0) return value
  if (/^[\x20-\x7e]*$/.test(value) && layout.choose(2) === 0) return `'${value.replaceAll("'", "''")}'`
  return quoted(value)
}

function quoted(value: string): string {
  const escaped = JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return escaped.replaceAll(
    /\\ud([89ab]..)\\ud([c-f]..)/g,
    (_, high: string, low: string) =>
      `\\U${(0x10000 + ((parseInt(high, 16) + 0xd000 - 0xd800) << 10) + (parseInt(low, 16) + 0xd000 - 0xdc00)).toString(16).padStart(8, '0')}`,
  )
}

function isMap(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
}

/** A value near another: parts of it changed, gone, new or as they were. */
export function edited(value: Json): fc.Arbitrary<Json> {
  const same = {weight: 3, arbitrary: fc.constant(value)}
  if (Array.isArray(value))
    return fc.oneof(
      same,
      {weight: 3, arbitrary: editedList(value as readonly Json[])},
      {weight: 1, arbitrary: json},
    )
  if (typeof value === 'object' && value !== null)
    return fc.oneof(
      same,
      {weight: 4, arbitrary: editedMap(value as Record<string, Json>)},
      {weight: 1, arbitrary: json},
    )
  return fc.oneof(same, {weight: 1, arbitrary: json})
}

export function editedMap(value: Readonly<Record<string, Json>>): fc.Arbitrary<Record<string, Json>> {
  const kept = Object.entries(value).map(([name, item]) =>
    fc
      .option(edited(item), {freq: 5})
      .map((next): readonly [string, Json][] => (next === null && item !== null ? [] : [[name, next]])),
  )
  const added = fc.array(fc.tuple(key, json), {maxLength: 2})
  return fc
    .tuple(fc.tuple(...kept), added)
    .map(([fields, more]) =>
      Object.fromEntries([...fields.flat(), ...more.filter(([name]) => !Object.hasOwn(value, name))]),
    )
}

function editedList(value: readonly Json[]): fc.Arbitrary<Json> {
  const kept = value.map(item =>
    fc
      .tuple(fc.option(edited(item), {freq: 5}), fc.option(json, {freq: 1, nil: undefined}))
      .map(([next, more]) => [
        ...(next === null && item !== null ? [] : [next]),
        ...(more === undefined || Math.abs(JSON.stringify(more).length) % 3 > 0 ? [] : [more]),
      ]),
  )
  return fc.tuple(...kept).map(items => items.flat() as Json)
}
