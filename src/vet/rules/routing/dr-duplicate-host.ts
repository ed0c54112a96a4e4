import type {Mesh} from '../../../mesh/mesh.ts'
import {isRecord, record, records, text, texts} from '../../../objects/json.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {ruleHost} from '../../reading/destination-rules.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {rivals} from '../../reading/rivals.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'dr-duplicate-host',
  area: 'routing',
  severity: 'warning',
  istio: '*',
  inputs: ['DestinationRule'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA0201'],
  formerIds: [],
  messages: {
    policies:
      'Another DestinationRule of this namespace is for {host} too, {others}, and both have a traffic policy: only that of the oldest counts.',
    subsets:
      'Another DestinationRule of this namespace is for {host} too, {others}, and both define subset {subset}: only that of the oldest counts.',
  },
  why: 'Istio merges the rules of one host and namespace: subsets are joined, but of two policies, or of two subsets with one name, the younger is dropped without a word.',
  fix: 'Make one DestinationRule of them.',
  check(mesh, report) {
    for (const rules of rulesByHost(mesh).values()) {
      if (rules.length < 2) continue
      for (const {messageId, subset, group} of lossesIn(rules)) {
        for (const {object, others, related} of rivals(group)) {
          report({
            messageId,
            data: {host: ruleHost(object), subset, others: listed(others.map(one => nameOf(one.id)))},
            identity: ['subset'],
            object,
            path: ['spec', 'host'],
            related,
          })
        }
      }
    }
  },
})

/** Rules that istiod merges: of one namespace and host, with one exportTo, for all workloads. */
function rulesByHost(mesh: Mesh): ReadonlyMap<string, readonly KubeObject[]> {
  const found = new Map<string, KubeObject[]>()
  for (const rule of mesh.objects('DestinationRule')) {
    const spec = record(rule.value['spec'])
    const host = mesh.qualify(ruleHost(rule), rule.id.namespace).toLowerCase()
    if (host === '' || isRecord(spec['workloadSelector'])) continue
    const key = JSON.stringify([rule.id.namespace, host, [...texts(spec['exportTo'])].sort()])
    const known = found.get(key)
    if (known === undefined) found.set(key, [rule])
    else known.push(rule)
  }
  return found
}

interface Loss {
  readonly messageId: 'policies' | 'subsets'
  readonly subset: string
  readonly group: readonly KubeObject[]
}

/** What the merge loses (istio pilot/pkg/model/destination_rule.go mergeDestinationRule). */
function lossesIn(rules: readonly KubeObject[]): readonly Loss[] {
  const withPolicy = rules.filter(({value}) => isRecord(record(value['spec'])['trafficPolicy']))
  const bySubset = new Map<string, KubeObject[]>()
  for (const rule of rules) {
    for (const name of new Set(
      records(record(rule.value['spec'])['subsets']).map(subset => text(subset['name'])),
    )) {
      if (name === undefined) continue
      const known = bySubset.get(name)
      if (known === undefined) bySubset.set(name, [rule])
      else known.push(rule)
    }
  }
  const subsets = [...bySubset].filter(([, group]) => group.length > 1)
  return [
    ...(withPolicy.length > 1 ? [{messageId: 'policies' as const, subset: '', group: withPolicy}] : []),
    ...subsets.map(([subset, group]) => ({messageId: 'subsets' as const, subset, group})),
  ]
}
