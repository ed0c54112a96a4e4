import {fact} from '../../../mesh/fact.ts'
import {record, textMap} from '../../../objects/json.ts'
import {removing} from '../../edits.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'ns-injection-labels-conflict',
  area: 'injection',
  severity: 'warning',
  istio: '>=1.6.0',
  inputs: ['Namespace'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0123', 'KIA1311'],
  formerIds: [],
  messages: {
    revision: 'istio-injection: {injection} beats istio.io/rev: {revision}: {effect}.',
    ambient:
      'The namespace is labelled for sidecars ({label}) and for ambient mode: pods that get a sidecar are left out of ambient.',
  },
  why: 'Of contradicting labels one wins, and mostly not the one that was added last: istio-injection always beats istio.io/rev, so an upgrade by revision does not reach the namespace.',
  fix: 'Keep one of the labels; for an upgrade by revision remove istio-injection.',
  check(mesh, report) {
    for (const namespace of mesh.objects('Namespace')) {
      const labels = textMap(record(namespace.value['metadata'])['labels'])
      const {
        'istio-injection': injection,
        'istio.io/rev': revision,
        'istio.io/dataplane-mode': dataplane,
      } = labels
      const path = ['metadata', 'labels', 'istio-injection']
      if (injection !== undefined && revision !== undefined) {
        const effect = injection === 'enabled' ? 'pods get the default revision' : 'pods get no sidecar'
        report({
          messageId: 'revision',
          data: {injection, revision, effect},
          object: namespace,
          path,
          // Switched off on purpose, mostly; the revision beside it only misleads.
          ...(injection === 'enabled' ? {} : {severity: 'info' as const}),
          evidence: [fact(`istio.io/rev: ${revision}`, namespace, ['metadata', 'labels', 'istio.io/rev'])],
          fix: {
            kind: 'unsafe',
            description: 'Remove istio-injection.',
            changes: [removing(namespace, path, 'the revision is to count')],
          },
        })
      }
      const label =
        injection === 'enabled'
          ? 'istio-injection'
          : revision !== undefined && injection === undefined
            ? 'istio.io/rev'
            : null
      if (dataplane !== 'ambient' || label === null) continue
      report({
        messageId: 'ambient',
        data: {label},
        object: namespace,
        path: ['metadata', 'labels', 'istio.io/dataplane-mode'],
      })
    }
  },
})
