import assert from 'node:assert/strict'
import {test} from 'node:test'
import {parseText} from '../../src/objects/parse.ts'

const names = (text: string): string[] =>
  parseText(text, 'x.yaml').objects.map(({id}) => `${id.kind} ${id.namespace}/${id.name}`)
const problems = (text: string): string[] =>
  parseText(text, 'x.yaml').problems.map(({code, line, column}) => `${line}:${column} ${code}`)

const service = (name: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n  namespace: shop\n`

const read: Record<string, [text: string, objects: string[]]> = {
  'one document': [service('a'), ['Service shop/a']],
  'several documents': [`${service('a')}---\n${service('b')}`, ['Service shop/a', 'Service shop/b']],
  'a leading separator and an end mark': [`---\n${service('a')}...\n`, ['Service shop/a']],
  'a separator with a comment': [
    `--- # first\n${service('a')}--- # second\n${service('b')}`,
    ['Service shop/a', 'Service shop/b'],
  ],
  'empty documents and comments': [`---\n---\n# nothing\n---\n${service('a')}---\n`, ['Service shop/a']],
  'content on the separator': [
    '--- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n',
    ['Namespace /a'],
  ],
  directives: [`%YAML 1.1\n---\n${service('a')}`, ['Service shop/a']],
  nothing: ['', []],
  'only comments': ['# nothing\n', []],
  'Windows line ends': [
    `${service('a')}---\n${service('b')}`.replaceAll('\n', '\r\n'),
    ['Service shop/a', 'Service shop/b'],
  ],
  'a byte order mark': [`\uFEFF${service('a')}`, ['Service shop/a']],
  JSON: ['{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}', ['Namespace /a']],
  'JSON indented by tabs': [
    '{\n\t"apiVersion": "v1",\n\t"kind": "Namespace",\n\t"metadata": {\n\t\t"name": "a"\n\t}\n}',
    ['Namespace /a'],
  ],
  'a List': [
    'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n- {apiVersion: v1, kind: Namespace, metadata: {name: b}}\n',
    ['Namespace /a', 'Namespace /b'],
  ],
  'a list of one kind, whose items do not repeat it': [
    'apiVersion: v1\nkind: ServiceList\nitems:\n- metadata: {name: a, namespace: shop}\n',
    ['Service shop/a'],
  ],
  'a List in a List': [
    'kind: List\napiVersion: v1\nitems: [{kind: List, apiVersion: v1, items: [{apiVersion: v1, kind: Namespace, metadata: {name: a}}]}]',
    ['Namespace /a'],
  ],
  'an empty List': ['apiVersion: v1\nkind: List\nitems: []\n', []],
  'a List without items': ['apiVersion: v1\nkind: List\nitems:\n', []],
  'an object whose kind ends in List': [
    'apiVersion: example.com/v1\nkind: AllowList\nmetadata: {name: a}\n',
    ['AllowList /a'],
  ],
  'no namespace': ['apiVersion: v1\nkind: Service\nmetadata: {name: a}\n', ['Service default/a']],
  'a namespace on a cluster-scoped kind': [
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: a, namespace: b}\n',
    ['Namespace /a'],
  ],
  'an unknown kind in a namespace': [
    'apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a, namespace: b}\n',
    ['Thing b/a'],
  ],
  'a name that is to be made': [
    'apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: a-}\n',
    ['Job default/a-'],
  ],
  'an IstioOperator, which needs no name': [
    'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {}\n',
    ['IstioOperator istio-system/installed-state'],
  ],
  'a kustomization': [
    'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n',
    [],
  ],
  'a JSON patch': ['- op: replace\n  path: /spec/replicas\n  value: 3\n', []],
  'templates in text that is none': [
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  rule: "{{ $labels.pod }}"\n',
    ['ConfigMap default/a'],
  ],
  'a bracket below its key': [
    'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  namespace: shop\nspec:\n  ports: [\n    {port: 80},\n  ]\n',
    ['Service shop/a'],
  ],
}

for (const [what, [text, objects]] of Object.entries(read)) {
  test(`Reads ${what}`, () => {
    assert.deepEqual(names(text), objects)
    assert.deepEqual(problems(text), [])
  })
}

const broken: Record<string, [text: string, problems: string[], objects: string[]]> = {
  'a document between good ones': [
    `${service('a')}---\na: [\n---\n${service('b')}`,
    ['8:1 yaml-syntax'],
    ['Service shop/a', 'Service shop/b'],
  ],
  'a tab in the indentation': ['apiVersion: v1\nkind: X\nmetadata:\n\tname: a\n', ['4:1 yaml-syntax'], []],
  'a key that stands twice': [
    'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  name: b\n',
    ['5:3 duplicate-key'],
    ['Namespace /b'],
  ],
  'an alias bomb': [bomb(), ['9:20 alias-bomb'], []],
  'an alias of itself': ['a: &a [*a]\n', ['1:8 alias-bomb'], []],
  'nesting without end': [
    `${service('a')}---\na: ${'['.repeat(5000)}`,
    ['7:403 too-deep'],
    ['Service shop/a'],
  ],
  text: ['just text\n', ['1:1 not-an-object'], []],
  'a number': ['42\n', ['1:1 not-an-object'], []],
  'a list': ['- a\n- b\n', ['1:1 not-an-object'], []],
  'an item of a List that is none': [
    'apiVersion: v1\nkind: List\nitems:\n- 1\n- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n',
    ['4:3 not-an-object'],
    ['Namespace /a'],
  ],
  'no apiVersion': ['kind: Service\nmetadata: {name: a}\n', ['1:1 missing-field'], []],
  'no kind': ['apiVersion: v1\nmetadata: {name: a}\n', ['1:1 missing-field'], []],
  'no name': ['apiVersion: v1\nkind: Service\nmetadata:\n  namespace: a\n', ['4:3 missing-field'], []],
  'a name that is a number': [
    'apiVersion: v1\nkind: Service\nmetadata:\n  name: 12\n',
    ['4:9 missing-field'],
    [],
  ],
  'a namespace that is a boolean': [
    'apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: on}\n',
    ['3:32 missing-field'],
    [],
  ],
  'metadata that is a list': ['apiVersion: v1\nkind: Service\nmetadata: []\n', ['3:11 missing-field'], []],
  'an apiVersion that is a number': [
    'apiVersion: 1\nkind: Service\nmetadata: {name: a}\n',
    ['1:13 missing-field'],
    [],
  ],
  'a Helm template, once a file': [
    '{{- if .Values.on }}\nkind: X\n---\nkind: {{ .Values.kind }}\n{{- end }}\n',
    ['1:1 unrendered-template'],
    [],
  ],
  'a template as a name': [
    'apiVersion: v1\nkind: Service\nmetadata:\n  name: "{{ .Release.Name }}"\n',
    ['4:9 unrendered-template'],
    [],
  ],
  'a null key': ['~: a\n', ['1:1 yaml-syntax'], []],
  infinity: ['a: .inf\n', ['1:4 yaml-syntax'], []],
  'the second line, in Windows line ends': ['a: b\r\nc: [\r\n', ['3:1 yaml-syntax'], []],
}

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 20; level++) {
    lines.push(`a${level}: &a${level} [${Array.from({length: 3}, () => `*a${level - 1}`).join(', ')}]`)
  }
  return `${lines.join('\n')}\n`
}

for (const [what, [text, expected, objects]] of Object.entries(broken)) {
  test(`Reports ${what}, and reads the rest`, () => {
    assert.deepEqual(problems(text), expected)
    assert.deepEqual(names(text), objects)
  })
}

test('Every problem says what to do', () => {
  for (const [text] of Object.values(broken)) {
    for (const problem of parseText(text, 'x.yaml').problems) assert.match(problem.try, /\S/)
  }
})

test('The default namespace can be given', () => {
  const {objects} = parseText('apiVersion: v1\nkind: Service\nmetadata: {name: a}\n', '-', {
    defaultNamespace: 'mine',
  })
  assert.equal(objects[0]?.id.namespace, 'mine')
})

test('A source says which document it is, and where that starts', () => {
  const text = `# first\n---\n${service('a')}---\n# nothing\n---\n${service('b')}`
  const sources = parseText(text, 'x.yaml').objects.map(({source}) => source)
  assert.deepEqual(
    sources.map(source => [source?.document, source?.startLine]),
    [
      [0, 2],
      [1, 10],
    ],
  )
  for (const source of sources)
    assert.equal(
      text.slice(source?.startOffset, (source?.startOffset ?? 0) + (source?.text.length ?? 0)),
      source?.text,
    )
})

test('A key named __proto__ is a key like any other', () => {
  const {objects} = parseText(
    'apiVersion: v1\nkind: X\nmetadata: {name: a}\n__proto__: {polluted: true}\nconstructor: {prototype: 1}\n',
    'x',
  )
  assert.equal(Object.getPrototypeOf(objects[0]?.value), Object.prototype)
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  assert.equal(JSON.stringify(objects[0]?.value).includes('"__proto__":{"polluted":true}'), true)
})

test('Twelve megabytes of documents are read in seconds, not minutes', () => {
  const text = Array.from({length: 20_000}, (_, index) => service(`s${index}`)).join('---\n')
  const started = performance.now()
  assert.equal(parseText(text, 'x.yaml').objects.length, 20_000)
  // A twentieth of a minute would already be ten times what it takes; quadratic work takes far longer.
  assert.ok(performance.now() - started < 10_000)
})
