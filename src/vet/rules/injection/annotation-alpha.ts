import {record, records} from '../../../objects/json.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {annotated, isIstioAnnotation} from '../../reading/annotations.ts'
import {defineRule} from '../../rule.ts'
import {istioAnnotations} from '../../schemas/annotations.ts'

const alpha = new Set(istioAnnotations.filter(one => one.alpha).map(({name}) => name))

/** With Istio's CNI the injector writes these into every pod (istio pkg/config/analysis/analyzers/maturity). */
const setByInjector = new Set([
  'sidecar.istio.io/interceptionMode',
  'traffic.sidecar.istio.io/includeInboundPorts',
  'traffic.sidecar.istio.io/excludeInboundPorts',
  'traffic.sidecar.istio.io/includeOutboundIPRanges',
])

export default defineRule({
  id: 'annotation-alpha',
  area: 'injection',
  severity: 'info',
  istio: '*',
  inputs: ['Namespace', 'Service'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0136'],
  formerIds: [],
  messages: {
    alpha: 'The annotation {name} is alpha: Istio may change or remove it in any release.',
  },
  why: 'What is alpha carries no promise. It is worth knowing before an upgrade which of these annotations a workload rests on.',
  fix: 'Nothing to do now; look at the release notes before an upgrade.',
  check(mesh, report) {
    for (const {object, path, annotations} of annotated(mesh)) {
      const setHere = object.id.kind === 'Pod' && !hasInitContainer(object)
      for (const name of Object.keys(annotations)) {
        if (!alpha.has(name) || !isIstioAnnotation(name) || (setHere && setByInjector.has(name))) continue
        report({messageId: 'alpha', data: {name}, object, path: [...path, name]})
      }
    }
  },
})

function hasInitContainer({value}: KubeObject): boolean {
  return records(record(value['spec'])['initContainers']).some(({name}) => name === 'istio-init')
}
