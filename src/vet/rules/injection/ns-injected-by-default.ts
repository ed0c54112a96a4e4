import {fact} from '../../../mesh/fact.ts'
import {ignoredNamespaces} from '../../../mesh/injection.ts'
import {at, record, textMap} from '../../../objects/json.ts'
import {injectors} from '../../reading/injector.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'ns-injected-by-default',
  area: 'injection',
  severity: 'info',
  istio: '*',
  inputs: ['Namespace', 'ConfigMap'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0148'],
  formerIds: [],
  messages: {
    unlabelled:
      'The namespace has no injection label and is injected all the same, since enableNamespacesByDefault is on.',
  },
  why: 'With enableNamespacesByDefault every namespace that does not say otherwise is in the mesh, also those whose owners have never heard of it.',
  fix: 'Label the namespace istio-injection: enabled or disabled, so that it says what holds.',
  check(mesh, report) {
    const path = ['sidecarInjectorWebhook', 'enableNamespacesByDefault']
    const injector = injectors(mesh).find(({values}) => at(values, path) === true)
    if (injector === undefined) return
    for (const object of mesh.objects('Namespace')) {
      const labels = textMap(record(object.value['metadata'])['labels'])
      const labelled = ['istio-injection', 'istio.io/rev', 'istio.io/dataplane-mode'].some(
        label => labels[label] !== undefined,
      )
      if (
        labelled ||
        ignoredNamespaces.includes(object.id.name) ||
        object.id.name === mesh.meshConfig.rootNamespace
      )
        continue
      report({
        messageId: 'unlabelled',
        object,
        path: ['metadata', 'name'],
        evidence: [fact('enableNamespacesByDefault is on', injector.object, ['data', 'values'])],
      })
    }
  },
})
