import {hostCovers} from '../../../mesh/hosts.ts'
import {isHttp} from '../../../mesh/protocols.ts'
import type {Mesh} from '../../../mesh/mesh.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'
import {isRecord} from '../../../objects/json.ts'
import {policyBlocks, ruleHost} from '../../reading/destination-rules.ts'
import {absence} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'se-plaintext-to-443',
  area: 'service-entry',
  severity: 'warning',
  istio: '*',
  inputs: ['ServiceEntry', 'DestinationRule'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    plaintext:
      'Port {port} of {host} is plain HTTP and leads to port 443, and no DestinationRule starts TLS for it: requests arrive there in the clear.',
  },
  why: 'An entry with an HTTP port that leads to 443 is half of what is called TLS origination. Without the tls block of a DestinationRule the server gets plaintext where it waits for TLS, and answers 400.',
  fix: 'Add a DestinationRule with tls mode SIMPLE for the host, or declare the port as HTTPS or TLS if clients speak it themselves.',
  check(mesh, report) {
    const certainty = absence(mesh, ['DestinationRule'])
    for (const {kind, host, ports, object} of mesh.services) {
      if (kind !== 'ServiceEntry') continue
      for (const port of ports) {
        if (!isHttp(port.protocol) || port.targetPort !== 443 || startsTls(mesh, host)) continue
        report({
          messageId: 'plaintext',
          data: {port: port.port, host},
          identity: ['port', 'host'],
          object,
          path: port.path,
          certainty,
        })
      }
    }
  },
})

const tlsHosts = perMesh((mesh): readonly string[] =>
  mesh
    .objects('DestinationRule')
    .filter(rule => policyBlocks(rule).some(({value}) => isRecord(value['tls'])))
    .map(rule => mesh.qualify(ruleHost(rule), rule.id.namespace)),
)

const exactTlsHosts = perMesh((mesh): ReadonlySet<string> => new Set(tlsHosts(mesh)))
const wideTlsHosts = perMesh((mesh): readonly string[] => tlsHosts(mesh).filter(host => host.startsWith('*')))

function startsTls(mesh: Mesh, host: string): boolean {
  return exactTlsHosts(mesh).has(host) || wideTlsHosts(mesh).some(pattern => hostCovers(pattern, host))
}
