import assert from 'node:assert/strict'
import {test} from 'node:test'
import {editYaml} from '../../src/changes/edit-yaml.ts'
import type {Json} from '../../src/objects/object.ts'
import {readYaml} from '../../src/objects/yaml.ts'

interface Case {
  readonly name: string
  readonly text: string
  readonly edit: (value: any) => void
  readonly expected: string
}

function valueOf(text: string): Json {
  const {value, faults} = readYaml(text)
  assert.deepEqual(faults, [])
  assert.notEqual(value, undefined)
  return structuredClone(value) as Json
}

const cases: readonly Case[] = [
  {
    name: 'a scalar changes and its comment stays',
    text: '# head\nspec:\n  mtls:\n    mode: PERMISSIVE   # for now\n\n  other: "x"\n',
    edit: v => (v.spec.mtls.mode = 'STRICT'),
    expected: '# head\nspec:\n  mtls:\n    mode: STRICT   # for now\n\n  other: "x"\n',
  },
  {
    name: 'a key is added behind its neighbours, in the indentation of the file',
    text: 'metadata:\n    name: a\n    labels:\n        app: a # the app\n# end\nspec: {}\n',
    edit: v => {
      v.metadata.labels['istio.io/rev'] = 'stable'
      v.metadata.annotations = {a: {b: 'yes'}}
    },
    expected:
      "metadata:\n    name: a\n    labels:\n        app: a # the app\n        istio.io/rev: stable\n    annotations:\n        a:\n            b: 'yes'\n# end\nspec: {}\n",
  },
  {
    name: 'a key is added inside braces',
    text: 'metadata:\n  labels: {app: a}  # short\n',
    edit: v => (v.metadata.labels.version = '1.0'),
    expected: "metadata:\n  labels: {app: a, version: '1.0'}  # short\n",
  },
  {
    name: 'keys and items go from braces and brackets',
    text: 'a: {x: 1, y: 2, z: 3}\nb: [1, 2, 3, 4]\nc: {q: 1}\nd: [\n  one,  # first\n  two,\n]\n',
    edit: v => {
      v.a = {x: 1}
      v.b = [2, 4]
      v.c = {}
      v.d.push('three')
    },
    expected: 'a: {x: 1}\nb: [2, 4]\nc: {}\nd: [\n  one,  # first\n  two,\n  three,\n]\n',
  },
  {
    name: 'empty braces become a block',
    text: 'spec:\n  labels: {}  # none yet\n  after: 1\n',
    edit: v => (v.spec.labels = {app: 'x'}),
    expected: 'spec:\n  labels:  # none yet\n    app: x\n  after: 1\n',
  },
  {
    name: 'a key without a value gets one, and a block becomes a word',
    text: 'a:\nb: # comment\nc: # kept\n  d: 1 # gone\n  # gone too\n  e: 2\nf: 3\n',
    edit: v => {
      v.a = {x: 1}
      v.b = 'two'
      v.c = 'word'
    },
    expected: 'a:\n  x: 1\nb: two # comment\nc: word # kept\nf: 3\n',
  },
  {
    name: 'list items change, come and go where they are; dashes keep their place',
    text: 'http:\n- name: a # first\n  timeout: 5s\n# about b\n- name: b\n- name: c\n',
    edit: v => {
      v.http = [
        {name: 'a', timeout: '10s', retries: {attempts: 2}},
        {name: 'x'},
        {name: 'c'},
        {name: 'd', hosts: ['*']},
      ]
    },
    expected:
      "http:\n- name: a # first\n  timeout: 10s\n  retries:\n    attempts: 2\n# about b\n- name: x\n- name: c\n- name: d\n  hosts:\n  - '*'\n",
  },
  {
    name: 'an item of a name is the same item when another goes',
    text: 'env:\n  - name: A # a\n    value: 1\n  - name: B # b\n    value: 2\n  - name: C # c\n    value: 3\n',
    edit: v =>
      (v.env = [
        {name: 'B', value: 5},
        {name: 'C', value: 6},
      ]),
    expected: 'env:\n  - name: B # b\n    value: 5\n  - name: C # c\n    value: 6\n',
  },
  {
    name: 'a new first item comes before the comment of the old first',
    text: 'list:\n  # about one\n  - one\n',
    edit: v => v.list.unshift('zero'),
    expected: 'list:\n  - zero\n  # about one\n  - one\n',
  },
  {
    name: 'the first key of an item goes and the next takes its place',
    text: '- name: a\n  value: 1\n  more: 2\n- name: b # why\n  # here\n  value: 2\n',
    edit: v => {
      delete v[0].name
      delete v[1].name
    },
    expected: '- value: 1\n  more: 2\n-  # why\n  # here\n  value: 2\n',
  },
  {
    name: 'CRLF stays CRLF',
    text: 'a: 1\r\nb:\r\n  c: 2 # x\r\nd: 3\r\n',
    edit: v => (v.b = {c: 3, e: {f: 'g'}}),
    expected: 'a: 1\r\nb:\r\n  c: 3 # x\r\n  e:\r\n    f: g\r\nd: 3\r\n',
  },
  {
    name: 'a file without a last line break keeps it so, unless lines are added at its end',
    text: 'a: 1\nb: 2',
    edit: v => (v.a = 5),
    expected: 'a: 5\nb: 2',
  },
  {
    name: 'text of many lines keeps its block',
    text: 'data:\n  mesh: |-\n      a: 1\n      b: 2\n\n      c: 3\n  other: x\n',
    edit: v => (v.data.mesh = v.data.mesh.replace('b: 2', 'b: 5')),
    expected: 'data:\n  mesh: |-\n      a: 1\n      b: 5\n\n      c: 3\n  other: x\n',
  },
  {
    name: 'text that keeps its blank lines is not lengthened by what comes behind it',
    text: 'data:\n  a: |+\n    one\n\n\nz: 1\n',
    edit: v => (v.data.b = 'two'),
    expected: 'data:\n  a: |+\n    one\n\n\n  b: two\nz: 1\n',
  },
  {
    name: 'an alias is overridden where it stands',
    text: 'a: &labels\n  app: x # shared\nb: *labels\nc: *labels # third\n',
    edit: v => (v.b = {app: 'z'}),
    expected: 'a: &labels\n  app: x # shared\nb:\n  app: z\nc: *labels # third\n',
  },
  {
    name: 'aliases keep what an edited anchor was',
    text: 'a: &n 5\nb: *n\nc: [*n, 1]\n',
    edit: v => (v.a = 6),
    expected: 'a: 6\nb: 5\nc: [5, 1]\n',
  },
  {
    name: 'aliases that are to follow an edited anchor follow it',
    text: 'a: &m\n  x: 1\nb: *m\n',
    edit: v => {
      v.a = {x: 2}
      v.b = {x: 2}
    },
    expected: 'a: &m\n  x: 2\nb: *m\n',
  },
  {
    name: 'what a merge key brings in is overridden in the map itself',
    text: 'base: &b\n  cpu: 1\n  memory: 2\none:\n  <<: *b\n  name: one\ntwo:\n  <<: *b\n',
    edit: v => (v.one.cpu = 9),
    expected: 'base: &b\n  cpu: 1\n  memory: 2\none:\n  <<: *b\n  name: one\n  cpu: 9\ntwo:\n  <<: *b\n',
  },
  {
    name: 'a merged field that goes has the others written out',
    text: 'base: &b {cpu: 1, memory: 2}\none:\n  <<: *b\n  name: one\n',
    edit: v => delete v.one.cpu,
    expected: 'base: &b {cpu: 1, memory: 2}\none:\n  name: one\n  memory: 2\n',
  },
  {
    name: 'users of an edited merge source keep what they had',
    text: 'base: &b\n  cpu: 1\none:\n  <<: *b\n  x: 1\n',
    edit: v => (v.base.cpu = 2),
    expected: 'base: &b\n  cpu: 2\none:\n  <<: *b\n  x: 1\n  cpu: 1\n',
  },
]

for (const {name, text, edit, expected} of cases) {
  test(`edit-yaml: ${name}`, () => {
    const before = valueOf(text)
    const after = structuredClone(before)
    edit(after)
    const edited = editYaml(text, before, after)
    assert.equal(edited, expected)
    assert.deepEqual(valueOf(edited), after)
    assert.equal(editYaml(edited, after, after), edited)
  })
}
