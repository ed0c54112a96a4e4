import {defineRule} from '../../rule.ts'

/** Ports on which the proxy listens in the network of the pod (istio.io, application requirements). */
const reserved: Readonly<Record<number, string>> = {
  15000: 'admin',
  15001: 'outbound traffic',
  15004: 'debugging',
  15006: 'inbound traffic',
  15008: 'HBONE',
  15020: 'merged metrics and health',
  15021: 'health',
  15053: 'DNS',
  15090: 'metrics',
}

/** On these the proxy listens only where a feature asks for it. */
const sometimes: readonly number[] = [15004, 15008, 15053]

export default defineRule({
  id: 'port-reserved-by-proxy',
  area: 'injection',
  severity: 'error',
  istio: '*',
  inputs: ['Namespace'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    taken: 'Container {container} listens on {port}, which the sidecar needs for {use}.',
  },
  why: 'Containers of a pod share one network. Where two listen on one port the later one fails: the application crashes, or the sidecar does, and with it all traffic of the pod.',
  fix: 'Let the application listen on another port.',
  check(mesh, report) {
    for (const workload of mesh.workloads) {
      const taken = workload.containers.flatMap(container =>
        container.name === 'istio-proxy'
          ? []
          : container.ports.flatMap(({port}, index) =>
              reserved[port] === undefined ? [] : [{container, port, index}],
            ),
      )
      if (taken.length === 0) continue
      const {inMesh, mode} = mesh.injection(workload)
      if (inMesh !== true || mode !== 'sidecar') continue
      for (const {container, port, index} of taken) {
        report({
          messageId: 'taken',
          data: {container: container.name, port, use: reserved[port] ?? ''},
          object: workload.object,
          path: [...container.path, 'ports', index, 'containerPort'],
          ...(sometimes.includes(port) ? {severity: 'warning' as const} : {}),
        })
      }
    }
  },
})
