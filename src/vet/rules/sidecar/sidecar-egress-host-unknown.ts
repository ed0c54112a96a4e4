import {isWildcard} from '../../../mesh/hosts.ts'
import {entries, list, record} from '../../../objects/json.ts'
import {unknownHost} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'sidecar-egress-host-unknown',
  area: 'sidecar',
  severity: 'warning',
  istio: '*',
  inputs: ['Sidecar', 'Service', 'ServiceEntry'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA1004'],
  formerIds: [],
  messages: {
    unknown: 'No Service or ServiceEntry has the host {host}, so this line imports nothing.',
    short: 'Hosts of a Sidecar are full names: {host} imports nothing; {suggestion} is probably meant.',
    namespace: 'Namespace {namespace} has no host {host}; it is {suggestion} that has.',
  },
  why: 'A Sidecar lists all that its workloads may call. A host that is written wrong is left out, and calls to it are not routed, or refused.',
  fix: 'Write namespace/host with the full name of the Service, or an asterisk.',
  check(mesh, report) {
    for (const sidecar of mesh.objects('Sidecar')) {
      for (const [index, egress] of entries(record(sidecar.value['spec'])['egress'])) {
        list(egress['hosts']).forEach((written, position) => {
          if (typeof written !== 'string') return
          const slash = written.indexOf('/')
          const place = written.slice(0, Math.max(slash, 0))
          const host = written.slice(slash + 1)
          if (slash < 0 || place === '~' || host === '*' || host === '') return
          const namespace = place === '.' ? sidecar.id.namespace : place
          const at = {object: sidecar, path: ['spec', 'egress', index, 'hosts', position]}
          if (!host.includes('.') && !isWildcard(host)) {
            const suggestion = `${place}/${host}.${place === '*' ? '<namespace>' : namespace}.svc.cluster.local`
            report({...at, messageId: 'short', data: {host, suggestion}})
            return
          }
          const wrong = unknownHost(mesh, host, namespace)
          if (wrong !== null) {
            const certainty = wrong.certainty ?? 'certain'
            report({...at, messageId: 'unknown', data: {host}, certainty})
            return
          }
          const service = isWildcard(host) ? null : mesh.host(host, namespace)
          if (service === null || place === '*' || service.namespace === namespace) return
          // A ServiceEntry of that host may be in both.
          if (service.kind !== 'Service') return
          report({...at, messageId: 'namespace', data: {host, namespace, suggestion: service.namespace}})
        })
      }
    }
  },
})
