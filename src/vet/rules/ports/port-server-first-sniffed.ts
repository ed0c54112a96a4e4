import type {Mesh, Service, ServicePort} from '../../../mesh/mesh.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'
import {setting} from '../../edits.ts'
import {portName, writtenServices} from '../../reading/ports.ts'
import {defineRule} from '../../rule.ts'

/** Protocols in which the server speaks first, by their port on the pod. */
const serverFirst: Readonly<Record<number, string>> = {
  21: 'FTP',
  22: 'SSH',
  25: 'SMTP',
  110: 'POP3',
  143: 'IMAP',
  587: 'SMTP',
  3306: 'MySQL',
  5900: 'VNC',
}

const anybodyInMesh = perMesh(mesh =>
  mesh.workloads.some(workload => mesh.injection(workload).inMesh === true),
)

export default defineRule({
  id: 'port-server-first-sniffed',
  area: 'ports',
  severity: 'warning',
  istio: '*',
  inputs: ['Service'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    hangs:
      'Port {port} leads to {target}, where {protocol} is spoken, and does not declare its protocol: proxies wait for the client, which waits for the server.',
  },
  why: 'To guess a protocol the proxy waits for the first bytes of the client, without a limit (protocolDetectionTimeout is 0s). Where the server has to speak first the connection hangs. Only the Service ports 25, 53, 3306 and 27017 are taken for TCP unasked.',
  fix: 'Declare the port as TCP: appProtocol: tcp, or a name that starts with tcp-.',
  check(mesh, report) {
    if (!anybodyInMesh(mesh)) return
    for (const service of writtenServices(mesh)) {
      for (const port of service.ports) {
        if (port.protocol !== 'Auto') continue
        const target = podPort(mesh, service, port)
        const protocol = target === null ? undefined : serverFirst[target]
        if (target === null || protocol === undefined) continue
        const changes = [
          setting(service.object, [...port.path, 'appProtocol'], 'tcp', `${protocol} is not to be guessed`),
        ]
        report({
          messageId: 'hangs',
          data: {port: portName(port), target, protocol},
          identity: ['port'],
          object: service.object,
          path: port.name === null ? port.path : [...port.path, 'name'],
          fix: {kind: 'unsafe', description: 'Set appProtocol: tcp.', changes},
        })
      }
    }
  },
})

function podPort(mesh: Mesh, service: Service, port: ServicePort): number | null {
  if (typeof port.targetPort === 'number') return port.targetPort
  const [endpoint] = mesh.endpoints(service)
  return endpoint === undefined ? null : mesh.targetPort(port, endpoint)
}
