import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {test} from 'node:test'
import {diffLines} from 'diff'
import {planWrite} from '../../src/changes/write.ts'
import {load, setOf, update, workspace} from './workspace.ts'

const example = join(import.meta.dirname, '../../examples/bookinfo')

test('an annotation on every object of the example adds lines to its files, and alters only lines that hold metadata', async t => {
  const objects = await load(example)
  const annotate = (value: any): unknown =>
    (value.metadata.annotations = {...value.metadata.annotations, 'example.com/seen': 'yes'})
  const {files} = await planWrite(setOf(...objects.map(object => update(object, annotate))), {
    dir: workspace(t),
    from: [example],
  })
  assert.ok(files.length >= 5)
  for (const {path, before, after} of files) {
    assert.equal(before, null)
    const source = readFileSync(join(example, path.split('/').slice(-2).join('/')), 'utf8')
    const changes = diffLines(source, after!)
    const gone = changes.filter(({removed}) => removed).flatMap(({value}) => value.trimEnd().split('\n'))
    for (const line of gone) assert.match(line, /^metadata: \{/, path)
    assert.equal(
      (after!.match(/example\.com\/seen: 'yes'/g) ?? []).length,
      objects.filter(({source: from}) => path.endsWith(from!.file.split('/').slice(-2).join('/'))).length,
    )
  }
})
