import {appProtocolOf, portName, writtenServices} from '../../reading/ports.ts'
import {closest} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

/** istio pkg/config/protocol/instance.go Parse, and what pkg/config/kube/conversion.go adds for Kubernetes. */
const known = ['http', 'http2', 'grpc', 'grpc-web', 'https', 'tls', 'tcp', 'udp', 'mongo', 'mysql', 'redis']
const alsoKnown = ['http_proxy', 'kubernetes.io/h2c', 'kubernetes.io/ws', 'kubernetes.io/wss']

export default defineRule({
  id: 'port-appprotocol-unknown',
  area: 'ports',
  severity: 'warning',
  istio: '*',
  inputs: ['Service'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA0602'],
  formerIds: [],
  messages: {
    unknown: 'Istio does not know the appProtocol {protocol} of port {port}: the protocol is guessed.',
    misspelt:
      'Istio does not know the appProtocol {protocol} of port {port}; {suggestion} is probably meant.',
  },
  why: 'appProtocol beats the name of the port even where Istio does not know its value: the protocol is then guessed from the first bytes, as if nothing were declared.',
  fix: 'Use http, http2, grpc, grpc-web, https, tls, tcp, mongo, mysql, redis, kubernetes.io/h2c, kubernetes.io/ws or kubernetes.io/wss.',
  check(mesh, report) {
    for (const service of writtenServices(mesh)) {
      for (const port of service.ports) {
        const protocol = appProtocolOf(service, port)
        if (protocol === undefined || port.protocol !== 'Auto' || alsoKnown.includes(protocol)) continue
        const suggestion = closest(protocol.toLowerCase(), known)
        report({
          messageId: suggestion === null ? 'unknown' : 'misspelt',
          data: {protocol, port: portName(port), suggestion: suggestion ?? ''},
          object: service.object,
          path: [...port.path, 'appProtocol'],
          // Named after a domain it is meant for somebody else, as the Kubernetes API asks for.
          ...(protocol.includes('/') ? {severity: 'info' as const} : {}),
        })
      }
    }
  },
})
