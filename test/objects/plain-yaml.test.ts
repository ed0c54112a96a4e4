import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, it} from 'node:test'
import fc from 'fast-check'
import {globSync} from 'tinyglobby'

import {splitDocuments} from '../../src/objects/documents.ts'
import type {Json, Path} from '../../src/objects/object.ts'
import {plainPositions} from '../../src/objects/plain-positions.ts'
import {readPlainYaml} from '../../src/objects/plain-yaml.ts'
import {EventPositions} from '../../src/objects/positions.ts'
import {readByEvents} from '../../src/objects/yaml.ts'

const root = join(import.meta.dirname, '../..')

/** Where the quick reader gives a value, js-yaml has the same one, in the same places, and nothing to complain of. */
function agrees(text: string): boolean {
  const plain = readPlainYaml(text)
  if (plain === undefined) return false
  assert.deepEqual({value: plain, faults: []}, readByEvents(text), JSON.stringify(text))
  const ours = plainPositions(text)
  const theirs = new EventPositions(text)
  for (const path of pathsIn(plain)) {
    for (const what of ['value', 'key'] as const)
      assert.deepEqual(ours?.at(path, what), theirs.at(path, what), JSON.stringify([text, path, what]))
  }
  return true
}

/** Of every value, and of something that is not there. */
function* pathsIn(value: Json | undefined, path: Path = []): Iterable<Path> {
  yield path
  yield [...path, 'gone', 1]
  if (typeof value !== 'object' || value === null) return
  for (const [key, item] of Object.entries(value))
    yield* pathsIn(item, [...path, Array.isArray(value) ? Number(key) : key])
}

const documents = globSync(['examples/**/*.{yaml,yml}', 'test/**/*.{yaml,yml}'], {cwd: root}).flatMap(file =>
  splitDocuments(readFileSync(join(root, file), 'utf8')),
)

describe('the quick reader of YAML', () => {
  it('reads what is written in this repository as js-yaml does, and nearly all of it', () => {
    const read = documents.filter(({text}) => agrees(text)).length
    assert.ok(read > documents.length * 0.9, `only ${read} of ${documents.length}`)
  })

  it('reads a document that was cut or changed anywhere as js-yaml does, or leaves it', () => {
    const texts = documents.map(({text}) => text).filter(text => text.length < 3000)
    const piece = fc.constantFrom(...pieces, '')
    const edits = fc.array(fc.record({at: fc.double({min: 0, max: 1, noNaN: true}), cut: fc.nat(6), piece}), {
      minLength: 1,
      maxLength: 3,
    })
    fc.assert(
      fc.property(fc.constantFrom(...texts), edits, (text, changes) => {
        let changed = text
        for (const change of changes) {
          const at = Math.floor(change.at * changed.length)
          changed = changed.slice(0, at) + change.piece + changed.slice(at + change.cut)
        }
        for (const document of splitDocuments(changed)) agrees(document.text)
      }),
      {numRuns: 10_000},
    )
  })

  it('reads lines of all sorts as js-yaml does, or leaves them', () => {
    const line = fc
      .tuple(fc.nat(5), fc.array(fc.constantFrom(...pieces), {maxLength: 6}))
      .map(([indent, parts]) => ' '.repeat(indent) + parts.join(''))
    let read = 0
    fc.assert(
      fc.property(fc.array(line, {minLength: 1, maxLength: 6}), fc.boolean(), (lines, ended) => {
        for (const {text} of splitDocuments(lines.join('\n') + (ended ? '\n' : ''))) if (agrees(text)) read++
      }),
      {numRuns: 50_000},
    )
    assert.ok(read > 200, `only ${read} were read`)
  })

  it('looks through as much of a document as it is long, and not to its end at every value', test => {
    let looked = 0
    const counted = (own: (this: string, text: string, from?: number) => number | boolean) =>
      function (this: string, text: string, from = 0): number | boolean {
        const found = own.call(this, text, from)
        looked += typeof found === 'number' && found !== -1 ? found - from : this.length - from
        return found
      }
    const {indexOf, includes} = String.prototype
    test.mock.method(String.prototype, 'indexOf', counted(indexOf) as typeof indexOf)
    test.mock.method(String.prototype, 'includes', counted(includes) as typeof includes)
    const lookedIn = (items: number): number => {
      const item = (index: number): string => `  - metadata:\n      name: s${index}\n      namespace: x\n`
      const text = `items:\n${Array.from({length: items}, (_, index) => item(index)).join('')}`
      looked = 0
      assert.notEqual(readPlainYaml(text), undefined)
      return looked
    }
    const slope = lookedIn(400) / lookedIn(100)
    assert.ok(slope < 7, `four times as long, ${slope} times as much`)
  })

  const left: readonly (readonly [string, string])[] = [
    ['a key that stands twice', 'a: 1\na: 2\n'],
    ['a key of many words', 'a b: 1\n'],
    ['an anchor', 'a: &x 1\n'],
    ['a tag', 'a: !!str 1\n'],
    ['a merge key', 'a: 1\n<<: {b: 2}\n'],
    ['text over lines', 'a: b\n  c\n'],
    ['folded text', 'a: >\n  b\n'],
    ['a tab', 'a:\tb\n'],
    ['a prototype', '__proto__: 1\n'],
    ['infinity', 'a: .inf\n'],
    ['comments only', '# a\n'],
    ['nothing', ''],
    ['a scalar', 'a\n'],
    ['a colon in text', 'a: b: c\n'],
    ['a sequence within a mapping', 'a: 1\n- b\n'],
    ['something behind a bracket', 'a: [b] c\n'],
    ['depth', `a: ${'['.repeat(100)}${']'.repeat(100)}\n`],
  ]
  for (const [what, text] of left) it(`leaves ${what}`, () => assert.equal(readPlainYaml(text), undefined))
})

/** What means something in YAML, and what only looks like it. */
const pieces = [
  ...[
    'a',
    'b: ',
    'c:',
    'key: value',
    '- ',
    '-',
    '  ',
    ' ',
    ': ',
    ':',
    '# x',
    ' # y',
    '#',
    '\n',
    '\n  ',
    '\n\n',
  ],
  ...['[', ']', '{', '}', ', ', ',', '[a, b]', '{a: 1, b: 2}', '{a: [1, {b: c}]}', '[]', '{}', '[a: b]'],
  ...["'", '"', "'q'", '"q"', "'it''s'", '"\\n"', "'a: b'", '"k": '],
  ...['|', '|-', '|+', '>', '|\n    x\n', '|2', '&a ', '*a', '!!str ', '? ', '<<: ', '%', '@', '`', '~', '.'],
  ...[
    '1',
    '0x1f',
    '1e3',
    '.5',
    '-1',
    '- -',
    'yes',
    'null',
    'on: ',
    '1: ',
    '.inf',
    '12:30',
    '--x',
    '_',
    '/p',
    '$(V)',
  ],
  ...['http://x:80/y', 'a=b', 'é', '\u00a0', '\u2028', '\t', '\r\n', '\u{1f600}', '...', '---', '--- '],
]
