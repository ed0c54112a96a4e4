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

/** By the image of what runs behind a Service that has this one port. */
const serverFirstImages: readonly (readonly [RegExp, string])[] = [
  [/^(mysql|mariadb|percona)(-server)?$/, 'MySQL'],
  [/^(postfix|exim|smtp)$/, 'SMTP'],
  [/^(vsftpd|proftpd|pure-ftpd)$/, 'FTP'],
  [/^(openssh-server|sshd|sftp)$/, 'SSH'],
]

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
        const protocol = target === null ? undefined : (serverFirst[target] ?? protocolByImage(mesh, service))
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

function protocolByImage(mesh: Mesh, service: Service): string | undefined {
  if (service.ports.length !== 1) return undefined
  const names = mesh
    .endpoints(service)
    .flatMap(({containers}) => containers.filter(({init}) => !init).map(({image}) => imageName(image)))
  return serverFirstImages.find(([pattern]) => names.some(name => pattern.test(name)))?.[1]
}

/** `mysql` of `registry.example.com/library/mysql:8@sha256:…`. */
function imageName(image: string): string {
  return (image.split('@')[0] ?? '').split('/').at(-1)?.replace(/:.*$/, '') ?? ''
}

function podPort(mesh: Mesh, service: Service, port: ServicePort): number | null {
  if (typeof port.targetPort === 'number') return port.targetPort
  const [endpoint] = mesh.endpoints(service)
  return endpoint === undefined ? null : mesh.targetPort(port, endpoint)
}
