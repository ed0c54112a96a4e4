import {fact} from '../../../mesh/fact.ts'
import type {Mesh, Workload} from '../../../mesh/mesh.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {signalsOf, workloadTelemetries} from '../../reading/telemetries.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'telemetry-duplicate-workload',
  area: 'telemetry',
  severity: 'error',
  istio: '>=1.11.0',
  inputs: ['Telemetry'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0159'],
  formerIds: [],
  messages: {
    conflict:
      '{workload} is selected by more than one Telemetry that sets {signals}, also by {others}: what the younger one says overrides the older.',
    several:
      '{workload} is selected by more than one Telemetry, also by {others}; they set different things.',
  },
  why: 'Telemetries that select one workload are laid over each other from old to young. What is in force depends on when each was created, which no manifest shows.',
  fix: 'Merge them into one Telemetry, or make their selectors exclude each other.',
  check(mesh, report) {
    const told = new Set<KubeObject>()
    for (const [workload, telemetries] of selecting(mesh)) {
      if (telemetries.length < 2) continue
      for (const object of telemetries) {
        if (told.has(object)) continue
        told.add(object)
        const others = telemetries.filter(one => one !== object)
        const signals = signalsOf(object).filter(signal =>
          others.some(one => signalsOf(one).includes(signal)),
        )
        report({
          messageId: signals.length > 0 ? 'conflict' : 'several',
          data: {
            workload: `${workload.kind} ${nameOf(workload)}`,
            signals: listed(signals),
            others: listed(others.map(one => nameOf(one.id))),
          },
          identity: [],
          object,
          path: ['spec', 'selector'],
          ...(signals.length > 0 ? {} : {severity: 'info' as const}),
          evidence: [
            fact(`${nameOf(workload)} has labels that all of them select`, workload.object, [
              ...workload.templatePath,
              'metadata',
              'labels',
            ]),
          ],
          related: others.map(one => fact(`Telemetry ${nameOf(one.id)}`, one, ['spec', 'selector'])),
        })
      }
    }
  },
})

function selecting(mesh: Mesh): ReadonlyMap<Workload, readonly KubeObject[]> {
  const groups = new Map<Workload, KubeObject[]>()
  for (const {object, selector} of workloadTelemetries(mesh)) {
    if (selector === null) continue
    for (const workload of mesh.selected(selector, object.id.namespace)) {
      const group = groups.get(workload)
      if (group === undefined) groups.set(workload, [object])
      else group.push(object)
    }
  }
  return groups
}
