import {record, text, texts} from '../../../objects/json.ts'
import {policyBlocks, ruleHost} from '../../reading/destination-rules.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'dr-tls-public-ca-for-cluster-host',
  area: 'mtls',
  severity: 'warning',
  istio: '>=1.24.0',
  inputs: ['DestinationRule'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0128', 'IST0129'],
  formerIds: [],
  messages: {
    publicCa:
      'No caCertificates, so the certificate is verified with the public CAs of the system, and none of them issues one for {name}.',
  },
  why: 'Without caCertificates (or credentialName) proxies verify the server with the CAs of their own image, which is right for a host of the Internet. A name inside the cluster can only have a certificate of a private CA, so every handshake fails: 503 UF.',
  fix: 'Set caCertificates to the file of the CA that signs for the server, or use ISTIO_MUTUAL for a server in the mesh.',
  check(mesh, report) {
    for (const rule of mesh.objects('DestinationRule')) {
      for (const {value, path} of policyBlocks(rule)) {
        const tls = record(value['tls'])
        const {mode, insecureSkipVerify} = tls
        if ((mode !== 'SIMPLE' && mode !== 'MUTUAL') || insecureSkipVerify === true) continue
        if (text(tls['caCertificates']) || text(tls['credentialName'])) continue
        // Whoever names what the certificate must say knows that it is another name.
        const named = texts(tls['subjectAltNames'])
        const name = text(tls['sni']) || mesh.qualify(ruleHost(rule), rule.id.namespace)
        if (named.length > 0 || !inCluster(name)) continue
        report({
          messageId: 'publicCa',
          data: {name},
          object: rule,
          path: [...path, 'tls'],
        })
      }
    }
  },
})

/** Names under which no public CA issues certificates. */
function inCluster(host: string): boolean {
  return host.endsWith('.svc.cluster.local') || host.endsWith('.svc')
}
