import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {isCollection, isNode, isScalar, parseDocument, stringify} from 'yaml'
import {locate, locateKey} from '../../src/objects/locate.ts'
import type {Json, JsonObject, KubeObject, Path} from '../../src/objects/object.ts'
import {parseText} from '../../src/objects/parse.ts'
import {positionsIn} from '../../src/objects/positions.ts'
import {readYaml} from '../../src/objects/yaml.ts'

const manifest = `# a comment
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
  labels: &labels {app: "reviews", team: 'books'}
  annotations:
spec:
  hosts: [reviews, "reviews.shop"]
  http:
  - match:
    - uri: {prefix: /a}
    retries: &retries
      attempts: 3
      retryOn: >-
        5xx,
        reset
    route:
    - destination:
        host: reviews
  - retries: *retries
    route: []
  selector:
    <<: *labels
    version: v1
`

const object = (text: string, index = 0): KubeObject => {
  const found = parseText(text, 'a.yaml').objects[index]
  assert.ok(found)
  return found
}

const places: [path: Path, place: string][] = [
  [[], '3:1-26:16'],
  [['kind'], '4:7-4:21'],
  [['metadata', 'name'], '6:9-6:16'],
  [['metadata', 'labels', 'app'], '7:25-7:34'],
  [['metadata', 'labels', 'team'], '7:42-7:49'],
  [['metadata', 'annotations'], '8:3-8:14'],
  [['metadata', 'namespace'], '6:3-8:14'],
  [['spec', 'hosts'], '10:10-10:35'],
  [['spec', 'hosts', 1], '10:20-10:34'],
  [['spec', 'hosts', 7], '10:10-10:35'],
  [['spec', 'http', 0], '12:5-21:22'],
  [['spec', 'http', 0, 'match', 0, 'uri', 'prefix'], '13:21-13:23'],
  [['spec', 'http', 0, 'retries', 'retryOn'], '16:16-18:14'],
  [['spec', 'http', 0, 'route', 0, 'destination', 'subset'], '21:9-21:22'],
  [['spec', 'http', 1, 'retries'], '22:14-22:22'],
  [['spec', 'http', 1, 'retries', 'attempts'], '15:17-15:18'],
  [['spec', 'http', 1, 'route'], '23:12-23:14'],
  [['spec', 'selector', 'app'], '7:25-7:34'],
  [['spec', 'selector', 'version'], '26:14-26:16'],
  [['nowhere', 'at', 'all'], '3:1-26:16'],
]

const shown = (found: ReturnType<typeof locate>): string =>
  found === null ? 'null' : `${found.line}:${found.column}-${found.endLine}:${found.endColumn}`

for (const [path, place] of places) {
  test(`Finds ${JSON.stringify(path)}`, () => assert.equal(shown(locate(object(manifest), path)), place))
}

test('Finds keys', () => {
  assert.equal(shown(locateKey(object(manifest), ['spec', 'http'])), '11:3-11:7')
  assert.equal(shown(locateKey(object(manifest), ['spec', 'hosts', 0])), '10:11-10:18')
})

test('An object without a source is nowhere', () => {
  assert.equal(locate({...object(manifest), source: null}, ['kind']), null)
})

test('Finds values of later documents, of Lists, of JSON, and after Windows line ends', () => {
  const namespace = (name: string): string =>
    `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "${name}"}}`
  assert.equal(
    shown(locate(object(`${namespace('a')}\n---\n\n${namespace('b')}`, 1), ['metadata', 'name'])),
    '4:64-4:67',
  )
  const items = `{"apiVersion": "v1", "kind": "List", "items": [\n${namespace('a')},\n${namespace('b')}\n]}`
  assert.equal(shown(locate(object(items, 1), ['metadata', 'name'])), '3:64-3:67')
  assert.equal(shown(locate(object(items, 1), [])), '3:1-3:69')
  assert.equal(shown(locate(object(manifest.replaceAll('\n', '\r\n')), ['spec', 'hosts', 1])), '10:20-10:34')
  assert.equal(shown(locate(object(`\uFEFF${namespace('a')}`), ['kind'])), '1:30-1:41')
})

test('A place after a mended line is that of the file', () => {
  const text = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  list: [\n  b, "c"\n  ]\nspec: {x: 1}\n'
  assert.equal(shown(locate(object(text), ['metadata', 'list', 1])), '6:6-6:9')
  assert.equal(shown(locate(object(text), ['spec', 'x'])), '8:11-8:12')
})

// --- both parsers agree -------------------------------------------------------------------------

const key = fc.oneof(
  fc.constantFrom(
    'a',
    'on',
    'no',
    '1',
    '1.5',
    '0x1',
    'a.b',
    'x y',
    'istio.io/rev',
    '__proto__',
    'constructor',
    '"',
    "'",
    '-',
    '~',
    '',
    'a: b',
    '#c',
    'ä',
  ),
  // The yaml package writes these unquoted: a merge key, and to Kubernetes a number.
  fc.string({maxLength: 6}).filter(text => text !== '<<' && !/^[-+]?_[0-9_]+$/.test(text)),
)
const scalar = fc.oneof(
  fc.constantFrom<Json>(
    'yes',
    'off',
    '0644',
    '12:30',
    '2001-01-01',
    '~',
    '',
    'a: b',
    '- a',
    ' x',
    'x ',
    'a\nb',
    'a\n\nb\n',
    '\n',
    '1e3',
    '0x1f',
    '😀',
    '{a',
    '[',
    '*a',
    '&a',
    '!a',
    '"q"',
    "it's",
    '%',
    '@',
    '`',
  ),
  fc
    .string({maxLength: 30})
    .filter(text => !/^[-+]?_[0-9_]+$|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff]/.test(text)),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
)
const {value} = fc.letrec<{value: Json}>(tie => ({
  value: fc.oneof(
    {depthSize: 'small', withCrossShrink: true},
    scalar,
    fc.array(tie('value'), {maxLength: 4}),
    fc
      .array(fc.tuple(key, tie('value')), {maxLength: 4})
      .map(pairs => Object.fromEntries(pairs) as JsonObject),
  ),
}))

const layouts: Record<string, (value: Json) => string> = {
  block: value => stringify(value, {version: '1.1', aliasDuplicateObjects: false}),
  'block, quoted': value =>
    stringify(value, {
      version: '1.1',
      aliasDuplicateObjects: false,
      defaultStringType: 'QUOTE_SINGLE',
      indentSeq: false,
    }),
  flow: value => stringify(value, {version: '1.1', aliasDuplicateObjects: false, collectionStyle: 'flow'}),
  JSON: value => JSON.stringify(value, null, 2),
}

function* pathsOf(value: Json, path: Path = []): Iterable<[Path, Json]> {
  yield [path, value]
  if (Array.isArray(value))
    for (const [index, item] of (value as readonly Json[]).entries()) yield* pathsOf(item, [...path, index])
  else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) yield* pathsOf(item ?? null, [...path, name])
  }
}

for (const [layout, write] of Object.entries(layouts)) {
  test(`The yaml package, which edits, and the parser agree on every value and place (${layout})`, () => {
    fc.assert(
      fc.property(value, written => {
        const text = write([written])
        assert.deepEqual(readYaml(text), {value: [written], faults: []})
        const positions = positionsIn(text)
        const document = parseDocument(text, {version: '1.1', merge: false})
        assert.deepEqual(document.errors, [])
        for (const [path, expected] of pathsOf([written])) {
          const node: unknown = document.getIn(path, true)
          if (!isNode(node) || !(isScalar(node) || isCollection(node)) || !node.range) continue
          if (isScalar(node)) assert.equal(node.value, expected, JSON.stringify(path))
          if (expected === null && text.slice(node.range[0], node.range[1]) === '') continue
          const {start, end} = positions.at(path)
          assert.equal(start, node.range[0], `start of ${JSON.stringify(path)} in ${JSON.stringify(text)}`)
          assert.ok(
            end >= start && end <= node.range[2],
            `end of ${JSON.stringify(path)} in ${JSON.stringify(text)}`,
          )
          if (isCollection(node) && node.flow !== true && node.items.length > 0) continue
          if (isScalar(node) && String(node.type).startsWith('BLOCK')) continue
          assert.equal(end, node.range[1], `end of ${JSON.stringify(path)} in ${JSON.stringify(text)}`)
        }
      }),
      {numRuns: 150},
    )
  })
}
