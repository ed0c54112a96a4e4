import {dirname} from 'node:path/posix'
import {fact} from '../../../mesh/fact.ts'
import {objectKey} from '../../../objects/identity.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'
import type {Severity} from '../../rule.ts'

export default defineRule({
  id: 'duplicate-resource',
  area: 'schema',
  severity: 'error',
  istio: '*',
  inputs: [],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    differs: '{object} is there more than once, with different content: the one that is applied last wins.',
    same: '{object} is there more than once, with the same content.',
  },
  why: 'Two manifests of one object overwrite each other: which of them is in force depends on the order in which files are applied.',
  fix: 'Keep one of them; alternatives belong into directories of their own.',
  check(mesh, report) {
    const first = new Map<string, KubeObject>()
    for (const object of mesh.objects()) {
      const key = objectKey(object.id)
      const known = first.get(key)
      if (known === undefined) {
        first.set(key, object)
        continue
      }
      const same = JSON.stringify(known.value) === JSON.stringify(object.value)
      if (same && object.id.kind === 'Namespace') continue
      report({
        messageId: same ? 'same' : 'differs',
        data: {object: `${object.id.kind} ${nameOf(object.id)}`},
        object,
        path: ['metadata', 'name'],
        severity: severityOf(known, object, same),
        related: [fact('the first one', known, ['metadata', 'name'])],
      })
    }
  },
})

/**
 * In one file both are applied. Files beside each other may be alternatives of which one is applied, as in Istio's
 * samples; files of different directories may be a kustomize base and its overlay.
 */
function severityOf(first: KubeObject, second: KubeObject, same: boolean): Severity {
  const [a, b] = [first.source?.file, second.source?.file]
  if (same) return a === b ? 'warning' : 'info'
  if (a === b || a === undefined || b === undefined) return 'error'
  return dirname(a) === dirname(b) ? 'warning' : 'info'
}
