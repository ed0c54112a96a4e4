import {fact} from '../../../mesh/fact.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {portName, writtenServices} from '../../reading/ports.ts'
import {closest} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

/** Ports of the proxy that is injected when the pod starts (injection-template.yaml). */
const injected: readonly string[] = ['http-envoy-prom', 'status-port']

export default defineRule({
  id: 'port-target-missing',
  area: 'ports',
  severity: 'error',
  istio: '*',
  inputs: ['Service', 'Deployment', 'StatefulSet', 'DaemonSet', 'Pod'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA0701'],
  formerIds: [],
  messages: {
    nowhere:
      'No container of {workloads} has a port named {target}: port {port} leads to no pod{suggestion}.',
    partly: '{workloads} has no port named {target}, so its pods get nothing of port {port}{suggestion}.',
  },
  why: 'A named targetPort is looked up in each pod. Pods without a port of that name are no endpoints of the Service: callers get 503 UH, or a refused connection.',
  fix: 'Give the container port that name, or use its number as targetPort.',
  check(mesh, report) {
    for (const service of writtenServices(mesh)) {
      if (service.ports.every(({targetPort}) => typeof targetPort === 'number')) continue
      const endpoints = mesh.endpoints(service)
      for (const port of service.ports) {
        const {targetPort: target} = port
        if (typeof target === 'number' || injected.includes(target)) continue
        const without = endpoints.filter(workload => mesh.targetPort(port, workload) === null)
        if (without.length === 0) continue
        const names = without.flatMap(({containers}) =>
          containers.flatMap(({ports}) => ports.map(one => one.name ?? '')),
        )
        const near = closest(target, names)
        const all = without.length === endpoints.length
        report({
          messageId: all ? 'nowhere' : 'partly',
          data: {
            workloads: listed(without.map(one => `${one.kind} ${nameOf(one)}`)),
            target,
            port: portName(port),
            suggestion: near === null ? '' : `; ${near} is probably meant`,
          },
          identity: ['target'],
          object: service.object,
          path: [...port.path, 'targetPort'],
          ...(all ? {} : {severity: 'warning' as const}),
          evidence: without
            .slice(0, 3)
            .map(one =>
              fact(
                `${one.kind} ${nameOf(one)} has no port ${target}`,
                one.object,
                one.containers[0]?.path ?? one.templatePath,
              ),
            ),
        })
      }
    }
  },
})
