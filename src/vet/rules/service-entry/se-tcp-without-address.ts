import {entries, list, number, record, text} from '../../../objects/json.ts'
import {fact} from '../../../mesh/fact.ts'
import {meshValues} from '../../reading/mesh-values.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'se-tcp-without-address',
  area: 'service-entry',
  severity: 'warning',
  istio: '*',
  inputs: ['ServiceEntry'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0134'],
  formerIds: [],
  messages: {
    anyAddress:
      'Port {port} is TCP and the entry has no addresses, so sidecars take every connection to port {port} for {host}, whatever its destination.',
  },
  why: 'A connection of TCP carries no name: without an address the listener is for the port alone, and other servers on that port are sent to this host. The addresses that istiod allocates by itself count only for proxies that capture DNS (ISTIO_META_DNS_CAPTURE), which sidecars do not by default.',
  fix: 'Set addresses, or turn DNS capture on in the proxyMetadata of the mesh config, or declare the protocol if it is TLS or HTTP.',
  check(mesh, report) {
    const metadata = record(record(meshValues(mesh)['defaultConfig'])['proxyMetadata'])
    if (text(metadata['ISTIO_META_DNS_CAPTURE']) === 'true' || metadata['ISTIO_META_DNS_CAPTURE'] === true)
      return
    for (const entry of mesh.objects('ServiceEntry')) {
      const spec = record(entry.value['spec'])
      if (list(spec['addresses']).length > 0) continue
      // Addresses of a live object that istiod has allocated are as good as those that proxies see.
      if (list(record(entry.value['status'])['addresses']).length > 0) continue
      for (const [index, port] of entries(spec['ports'])) {
        const protocol = (text(port['protocol']) ?? '').toUpperCase()
        if (protocol !== '' && protocol !== 'TCP') continue
        const hosts = list(spec['hosts'])
        report({
          messageId: 'anyAddress',
          data: {
            port: number(port['number']) ?? '?',
            host: typeof hosts[0] === 'string' ? hosts[0] : entry.id.name,
          },
          identity: ['port'],
          object: entry,
          path: ['spec', 'ports', index],
          evidence: mesh.meshConfig.known ? [] : [fact('DNS capture is off by default')],
        })
      }
    }
  },
})
