import {fact} from '../../../mesh/fact.ts'
import type {Fact} from '../../../mesh/fact.ts'
import type {Mesh, Service, ServicePort} from '../../../mesh/mesh.ts'
import {isHttp} from '../../../mesh/protocols.ts'
import {nameOf} from '../../reading/names.ts'
import {portName, treatment, writtenServices} from '../../reading/ports.ts'
import {signsOf} from '../../reading/probes.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'port-http-carries-tls',
  area: 'ports',
  severity: 'warning',
  istio: '*',
  inputs: ['Service'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    tls: 'Port {port} is declared as {protocol}, and {sign}: the TLS of the application is read as broken HTTP.',
    plain: 'Port {port} is declared as {protocol}, and {sign}: requests in plain HTTP find no route.',
  },
  why: 'What a port is declared to carry decides how its bytes are read. TLS on a port declared as HTTP is refused by the proxy of the server (no filter chain matches), and plain HTTP on one declared as TLS is not understood at all.',
  fix: 'Declare what the port carries: https (or tls) where the application does TLS, http where it does not.',
  check(mesh, report) {
    for (const service of writtenServices(mesh)) {
      for (const port of service.ports) {
        const sign = isHttp(port.protocol)
          ? signOfTls(mesh, service, port)
          : treatment(port.protocol) === 'tls'
            ? signOfPlain(mesh, service, port)
            : null
        if (sign === null) continue
        report({
          messageId: isHttp(port.protocol) ? 'tls' : 'plain',
          data: {port: portName(port), protocol: port.protocol, sign: sign.text},
          identity: ['port'],
          object: service.object,
          path: port.path,
          evidence: [sign],
        })
      }
    }
  },
})

function signOfTls(mesh: Mesh, service: Service, port: ServicePort): Fact | null {
  const {targetPort} = port
  for (const {workload, httpsProbe, containerPortName} of signsOf(mesh, service, port)) {
    if (httpsProbe !== null)
      return fact(`the probe of ${nameOf(workload)} speaks HTTPS to it`, workload.object, httpsProbe)
    if (containerPortName?.startsWith('https') === true)
      return fact(
        `${nameOf(workload)} calls it ${containerPortName}`,
        workload.object,
        workload.containers[0]?.path ?? [],
      )
  }
  if (targetPort !== 443 && targetPort !== 8443) return null
  return fact(`it leads to ${targetPort}, a port of HTTPS`, service.object, [...port.path, 'targetPort'])
}

function signOfPlain(mesh: Mesh, service: Service, port: ServicePort): Fact | null {
  for (const {workload, httpProbe} of signsOf(mesh, service, port)) {
    if (httpProbe !== null)
      return fact(`the probe of ${nameOf(workload)} speaks plain HTTP to it`, workload.object, httpProbe)
  }
  if (port.port !== 80 || port.targetPort !== 80) return null
  return fact('it leads to 80, the port of plain HTTP', service.object, [...port.path, 'targetPort'])
}
