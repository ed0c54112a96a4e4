import assert from 'node:assert/strict'
import {test} from 'node:test'
import {readConfigDump} from '../../src/evidence/proxy-config.ts'
import type {JsonObject} from '../../src/objects/object.ts'

const zipkin = 'outbound|9411||zipkin.istio-system.svc.cluster.local'

/** What istiod makes of each provider (pilot/pkg/networking/core/tracing.go), as far as it names a cluster. */
const providers: Readonly<Record<string, JsonObject>> = {
  'Zipkin, older proxies': {collector_cluster: zipkin},
  'Zipkin, newer proxies': {collector_service: {http_uri: {cluster: zipkin, uri: 'http://z', timeout: '5s'}}},
  Datadog: {collector_cluster: zipkin, service_name: 'a'},
  Skywalking: {grpc_service: {envoy_grpc: {cluster_name: zipkin}}},
  'OpenTelemetry over gRPC': {grpc_service: {envoy_grpc: {cluster_name: zipkin, authority: 'a'}}},
  'OpenTelemetry over HTTP': {http_service: {http_uri: {cluster: zipkin, uri: 'http://z'}}},
}

for (const [name, provider] of Object.entries(providers)) {
  test(`${name}: where spans go is read from the listeners`, () => {
    const filters = [{typed_config: {tracing: {provider: {typed_config: provider}}}}]
    const listener = {name: 'virtualInbound', filter_chains: [{filters}]}
    const {tracing} = readConfigDump({
      configs: [
        {
          '@type': 'type.googleapis.com/envoy.admin.v3.ListenersConfigDump',
          dynamic_listeners: [{active_state: {listener}}],
        },
      ],
    })
    assert.deepEqual(tracing, [zipkin])
  })
}
