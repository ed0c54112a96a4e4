import {fact} from '../../../mesh/fact.ts'
import type {Workload} from '../../../mesh/mesh.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {rivals} from '../../reading/rivals.ts'
import {sidecarSelector} from '../../reading/sidecars.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'sidecar-duplicate-workload',
  area: 'sidecar',
  severity: 'error',
  istio: '*',
  inputs: ['Sidecar'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0110', 'KIA0003'],
  formerIds: [],
  messages: {
    duplicate: '{workload} is selected by more than one Sidecar: {others} {fate}.',
  },
  why: 'Of several Sidecars that select a workload only the oldest counts; they are not merged.',
  fix: 'Merge them, or make their selectors exclude each other.',
  check(mesh, report) {
    const byWorkload = new Map<Workload, KubeObject[]>()
    for (const sidecar of mesh.objects('Sidecar')) {
      const selector = sidecarSelector(sidecar)
      if (selector === null) continue
      for (const workload of mesh.selected(selector, sidecar.id.namespace)) {
        const group = byWorkload.get(workload)
        if (group === undefined) byWorkload.set(workload, [sidecar])
        else group.push(sidecar)
      }
    }
    const told = new Set<KubeObject>()
    for (const [workload, sidecars] of byWorkload) {
      for (const {object, others, fate, related} of rivals(sidecars)) {
        if (told.has(object)) continue
        told.add(object)
        report({
          messageId: 'duplicate',
          data: {workload: nameOf(workload), others: listed(others.map(one => nameOf(one.id))), fate},
          identity: [],
          object,
          path: ['spec', 'workloadSelector'],
          related,
          evidence: [
            fact(
              `${workload.kind} ${nameOf(workload)} has the labels of all`,
              workload.object,
              workload.templatePath,
            ),
          ],
        })
      }
    }
  },
})
