import {fact} from '../../../mesh/fact.ts'
import {absence} from '../../reading/references.ts'
import {portName, treatment} from '../../reading/ports.ts'
import {listed} from '../../reading/names.ts'
import {meshValues} from '../../reading/mesh-values.ts'
import {entries, isRecord, record} from '../../../objects/json.ts'
import type {Mesh} from '../../../mesh/mesh.ts'
import {defineRule} from '../../rule.ts'

/** Providers that take spans from proxies over the network. */
const tracers: readonly string[] = ['zipkin', 'opentelemetry', 'datadog', 'skywalking']

export default defineRule({
  id: 'tracing-provider-endpoint',
  area: 'telemetry',
  severity: 'error',
  istio: '>=1.11.0',
  inputs: ['Service', 'ServiceEntry'],
  needs: 'mesh-config',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    service:
      'The tracing provider {provider} sends to {host}, which is no Service or ServiceEntry: tracing with it is off.',
    port: 'The tracing provider {provider} sends to port {port} of {host}, which has only {ports}: tracing with it is off.',
    protocol:
      'The tracing provider {provider} speaks gRPC to port {port} of {host}, which is declared as {protocol}.',
  },
  why: 'Proxies reach a provider by the cluster of its Service. Without one istiod logs an error and leaves tracing off; with the wrong protocol every report of spans fails.',
  fix: 'Name a Service and port that are there; for OTLP over gRPC declare the port with appProtocol: grpc.',
  check(mesh, report) {
    const {object, extensionProviders} = mesh.meshConfig
    if (object === null) return
    for (const {name: provider, kind, service: written, port, path} of extensionProviders) {
      if (!tracers.includes(kind) || written === null || port === null) continue
      const host = written.slice(written.indexOf('/') + 1)
      const service = mesh.host(host, mesh.meshConfig.rootNamespace)
      const base = {object, path, identity: ['provider']}
      if (service === null) {
        const certainty = absence(mesh, ['Service', 'ServiceEntry'])
        report({...base, messageId: 'service', data: {provider, host}, certainty})
        continue
      }
      const found = service.ports.find(one => one.port === port)
      const evidence = [
        fact(`${service.kind} ${service.host}`, service.object, found?.path ?? ['spec', 'ports']),
      ]
      if (found === undefined) {
        const ports = listed(service.ports.map(portName), 5)
        report({...base, messageId: 'port', data: {provider, host, port, ports}, evidence})
      } else if (
        kind === 'opentelemetry' &&
        !overHttp(mesh, provider) &&
        treatment(found.protocol) === 'http'
      ) {
        const data = {provider, host, port, protocol: found.protocol}
        report({...base, messageId: 'protocol', data, evidence, severity: 'warning'})
      }
    }
  },
})

function overHttp(mesh: Mesh, provider: string): boolean {
  return entries(meshValues(mesh)['extensionProviders']).some(
    ([, one]) => one['name'] === provider && isRecord(record(one['opentelemetry'])['http']),
  )
}
