import type {Mesh, Workload} from '../../../mesh/mesh.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'
import {fact} from '../../../mesh/fact.ts'
import {entries, number, record, text} from '../../../objects/json.ts'
import type {KubeObject, Path} from '../../../objects/object.ts'
import {defineRule} from '../../rule.ts'

const sizes = ['CPU', 'Memory', 'CPULimit', 'MemoryLimit'].map(name => `sidecar.istio.io/proxy${name}`)

export default defineRule({
  id: 'hpa-cpu-includes-unsized-proxy',
  area: 'injection',
  severity: 'warning',
  istio: '*',
  inputs: ['HorizontalPodAutoscaler', 'Namespace'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    unsized:
      'The autoscaler divides by the CPU requests of all containers, and the sidecar of {workload} has none: its annotations give it {sizes} only. It reads <unknown> and scales nothing.',
  },
  why: 'A utilisation is a share of what is requested. Annotations for the size of the sidecar replace its defaults as a whole, so that one with memory alone takes the CPU request away, and Kubernetes refuses to work out a share.',
  fix: 'Add sidecar.istio.io/proxyCPU, or scale by a ContainerResource metric of the container of the application.',
  check(mesh, report) {
    for (const autoscaler of mesh.objects('HorizontalPodAutoscaler')) {
      const path = utilisationPath(autoscaler)
      if (path === null) continue
      const reference = record(record(autoscaler.value['spec'])['scaleTargetRef'])
      const key = `${text(reference['kind']) ?? ''} ${autoscaler.id.namespace}/${text(reference['name']) ?? ''}`
      const workload = byName(mesh).get(key)
      if (workload === undefined || mesh.injection(workload).inMesh !== true) continue
      const set = sizes.filter(name => workload.annotations[name] !== undefined)
      if (set.length === 0 || set.some(name => /proxyCPU(Limit)?$/.test(name))) continue
      report({
        messageId: 'unsized',
        data: {workload: `${workload.namespace}/${workload.name}`, sizes: set.join(' and ')},
        identity: ['workload'],
        object: autoscaler,
        path,
        related: [
          fact('the size of the sidecar', workload.object, [
            ...workload.templatePath,
            'metadata',
            'annotations',
            set[0] ?? '',
          ]),
        ],
      })
    }
  },
})

const byName = perMesh(
  (mesh: Mesh): ReadonlyMap<string, Workload> =>
    new Map(
      mesh.workloads.map(workload => [`${workload.kind} ${workload.namespace}/${workload.name}`, workload]),
    ),
)

/** Where an autoscaler asks for a share of the CPU that whole pods request. */
function utilisationPath({value}: KubeObject): Path | null {
  const spec = record(value['spec'])
  if (number(spec['targetCPUUtilizationPercentage']) !== undefined)
    return ['spec', 'targetCPUUtilizationPercentage']
  for (const [index, metric] of entries(spec['metrics'])) {
    const {name, target} = record(metric['resource'])
    if (metric['type'] === 'Resource' && name === 'cpu' && record(target)['type'] === 'Utilization')
      return ['spec', 'metrics', index, 'resource']
  }
  return null
}
