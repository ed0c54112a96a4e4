import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {test} from 'node:test'
import {parse} from 'yaml'

import {modelKinds} from '../../src/cluster/read.ts'

interface Role {
  readonly metadata: {readonly name: string}
  readonly rules: readonly {readonly apiGroups: readonly string[]; readonly resources: readonly string[]}[]
}

test('the role to read with covers every kind that the model reads', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/live.md'), 'utf8')
  const roles = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => parse(block) as Role)
  const rules = roles.find(({metadata}) => metadata.name === 'meshctl-read')?.rules ?? []
  const uncovered = modelKinds.filter(key => {
    const [group = '', kind = ''] = key.split('/')
    const plural = kind.toLowerCase().replace(/y$/, 'ie').replace(/ss$/, 'sse').concat('s')
    return !rules.some(
      ({apiGroups, resources}) =>
        apiGroups.includes(group) && (resources.includes('*') || resources.includes(plural)),
    )
  })
  assert.deepEqual(uncovered, [])
})
