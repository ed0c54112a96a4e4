import {fact} from '../../../mesh/fact.ts'
import {setting} from '../../edits.ts'
import {nameOf} from '../../reading/names.ts'
import {portName, writtenServices} from '../../reading/ports.ts'
import {signsOf} from '../../reading/probes.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'port-grpc-declared-http',
  area: 'ports',
  severity: 'warning',
  istio: '*',
  inputs: ['Service'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    probe: 'Port {port} is declared as HTTP, and the probe of {workload} speaks gRPC to it.',
    name: 'Port {port} is declared as HTTP, and {workload} calls it {name}.',
  },
  why: 'To a port declared as http proxies speak HTTP/1.1, over which gRPC does not work; and without the right protocol requests of one connection are not spread over the pods.',
  fix: 'Declare the port as gRPC: appProtocol: grpc, or a name that starts with grpc-.',
  check(mesh, report) {
    for (const service of writtenServices(mesh)) {
      for (const port of service.ports) {
        if (port.protocol !== 'HTTP') continue
        const sign = signsOf(mesh, service, port).find(
          ({grpcProbe, containerPortName}) =>
            grpcProbe !== null || containerPortName?.startsWith('grpc') === true,
        )
        if (sign === undefined) continue
        const {workload, grpcProbe, containerPortName} = sign
        const changes = [
          setting(service.object, [...port.path, 'appProtocol'], 'grpc', 'the port speaks gRPC'),
        ]
        report({
          messageId: grpcProbe === null ? 'name' : 'probe',
          data: {
            port: portName(port),
            workload: `${workload.kind} ${nameOf(workload)}`,
            name: containerPortName ?? '',
          },
          identity: ['port'],
          object: service.object,
          path: port.path,
          evidence: [
            fact(
              `${nameOf(workload)} says that it is gRPC`,
              workload.object,
              grpcProbe ?? workload.containers[0]?.path ?? [],
            ),
          ],
          fix: {kind: 'unsafe', description: 'Set appProtocol: grpc.', changes},
        })
      }
    }
  },
})
