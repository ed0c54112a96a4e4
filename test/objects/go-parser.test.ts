import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {test} from 'node:test'
import {isDeepStrictEqual} from 'node:util'
import {readYaml} from '../../src/objects/yaml.ts'

/** What sigs.k8s.io/yaml makes of a text; go-parser/main.go recorded it. */
interface Recorded {
  readonly text: string
  readonly json?: string
  readonly error?: string
}

const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, 'go-parser', 'recorded.json'), 'utf8'),
) as Recorded[]

/** Where we differ, and why that is no loss. */
const lenient = 'we read it, kubectl refuses it: whoever reads the manifest loses nothing'
const refused = 'we refuse it, with a place; nobody writes it'
const differences = new Map<string, string>([
  ...['a: [a?b]', 'a: [http://x?y=z]', 'a: {x: http://x?y=z}'].map(text => [text, lenient] as const),
  ...['a: !!binary x', 'a:\n  - b\n  -\tc', 'a: !!', 'a: |\n  \tx\n'].map(text => [text, lenient] as const),
  ...['a: "\\uD83D\\uDE00"', 'a: "\\/"'].map(
    text => [text, 'JSON has it, and kubectl reads JSON as JSON'] as const,
  ),
  ...['a: \u2028b', 'a: \u0085b'].map(text => [text, lenient] as const),
  ...['%YAML 1.2\n---\na: b', 'x: "a\n---\nb"', '...\n', '{"a"\n:1}', '{a\n: 1}'].map(
    text => [text, lenient] as const,
  ),
  ...['a: &a.b 1\nb: *a.b', 'a: &a:b 1\nb: *a:b', 'a: &é 1\nb: *é'].map(text => [text, lenient] as const),
  ...['18446744073709551615: v\n'].map(text => [text, lenient] as const),
  ...['a: {b: 2001:db8::}', 'a: [\tb,\n\tc]', '"a":b', 'a: b\u0085c: d'].map(
    text => [text, refused] as const,
  ),
  ...['x: [a,#c\n b]', 'x: "a"#c', 'x: [a]#c', '  a: b\n c: d'].map(text => [text, refused] as const),
  ...['.inf: v\n', '-.INF: v\n', '.NaN: v\n', '+.inf: v\n'].map(text => [text, refused] as const),
  ...['a: {b:}', 'a: {b:, c: 1}'].map(text => [text, 'a key with a colon at its end, in braces'] as const),
])

/** Null where we agree, else what each says. */
function difference({text, json, error}: Recorded): string | null {
  const {value, faults} = readYaml(text)
  const broken = faults.filter(fault => fault.code !== 'duplicate-key')
  const ours = broken[0]?.message ?? JSON.stringify(value ?? null)
  if (error !== undefined) return broken.length > 0 ? null : `Go: ${error}; we: ${ours}`
  if (broken.length > 0) return `Go: ${json ?? ''}; we: ${ours}`
  // -0 is 0 in JSON as we write it, and -0 in Go's.
  return isDeepStrictEqual(JSON.parse(ours), JSON.parse((json ?? '').replaceAll(':-0}', ':0}')))
    ? null
    : `Go: ${json ?? ''}; we: ${ours}`
}

test('A document means what the parser of Kubernetes says', async t => {
  for (const one of recorded) {
    if (!differences.has(one.text))
      await t.test(JSON.stringify(one.text), () => assert.equal(difference(one), null))
  }
})

test('Every difference listed is still one', () => {
  const agreeing = [...differences.keys()].filter(text =>
    recorded.some(one => one.text === text && difference(one) === null),
  )
  assert.deepEqual(agreeing, [])
})
