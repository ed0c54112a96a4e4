import {record, text} from '../../../objects/json.ts'
import {defineRule} from '../../rule.ts'

/** Groups that no supported Istio has. */
const removed: readonly string[] = ['authentication.istio.io', 'rbac.istio.io', 'config.istio.io']

export default defineRule({
  id: 'crd-removed-kind',
  area: 'legacy',
  severity: 'warning',
  istio: '>=1.8.0',
  inputs: ['CustomResourceDefinition'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0002'],
  formerIds: [],
  messages: {
    removed:
      'The kind {kind} of {group} was removed from Istio; this definition only lets objects be stored that nothing reads.',
  },
  why: 'With the old definition in place the API server goes on taking objects of a kind that istiod does not read: policies that look like policies and do nothing.',
  fix: 'Migrate what is left of the kind, then delete the CustomResourceDefinition.',
  check(mesh, report) {
    for (const object of mesh.objects('CustomResourceDefinition')) {
      const spec = record(object.value['spec'])
      const group = text(spec['group']) ?? ''
      const kind = text(record(spec['names'])['kind']) ?? object.id.name
      if (removed.includes(group))
        report({messageId: 'removed', data: {kind, group}, object, path: ['spec', 'group']})
    }
  },
})
