import {fact} from '../../../mesh/fact.ts'
import type {Workload} from '../../../mesh/mesh.ts'
import type {Path} from '../../../objects/object.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'registry-only-unlisted-external',
  area: 'sidecar',
  severity: 'warning',
  istio: '*',
  inputs: ['Sidecar', 'ServiceEntry', 'Namespace'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    unlisted:
      '{variable} names {host}, which no ServiceEntry of the input has, and sidecars of this workload let out calls to known hosts only (REGISTRY_ONLY).',
  },
  why: 'With REGISTRY_ONLY a call to a host that is in no ServiceEntry is refused by the sidecar: 502 for HTTP, a reset for anything else, and often no line in a log.',
  fix: 'Add a ServiceEntry for the host and port.',
  check(mesh, report) {
    for (const workload of mesh.workloads) {
      const outside = outsideHosts(workload)
      if (outside.length === 0 || mesh.injection(workload).inMesh !== true) continue
      const scope = mesh.sidecarScope(workload)
      if (scope.outboundTrafficPolicy !== 'REGISTRY_ONLY') continue
      for (const {host, variable, path} of outside) {
        if (mesh.dns(host, workload.namespace) !== null || mesh.host(host, workload.namespace) !== null)
          continue
        report({
          messageId: 'unlisted',
          data: {host, variable},
          object: workload.object,
          path,
          evidence: scope.facts,
          related:
            scope.sidecar === null
              ? []
              : [fact('the Sidecar', scope.sidecar, ['spec', 'outboundTrafficPolicy'])],
        })
      }
    }
  },
})

interface Outside {
  readonly host: string
  readonly variable: string
  readonly path: Path
}

/** Hosts outside of the cluster in the URLs of a workload's environment: with a top level domain, which no Service has. */
function outsideHosts({containers}: Workload): readonly Outside[] {
  return containers.flatMap(({env}) =>
    env.flatMap(({name, value, path}) => {
      const hosts = [...value.matchAll(/\b[a-z][a-z0-9+.-]*:\/\/(?:[^\s@/]+@)?([a-z0-9.-]+)/gi)].map(found =>
        (found[1] ?? '').toLowerCase(),
      )
      return hosts.filter(isOutside).map(host => ({host, variable: name, path}))
    }),
  )
}

function isOutside(host: string): boolean {
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host) || /^[\d.]+$/.test(host)) return false
  if (/\.(svc|local|internal|localhost|test|cluster)$/.test(host) || host.includes('.svc.')) return false
  // With one dot it may be a Service and its namespace.
  return host.split('.').length > 2 || /\.(com|net|org|io|dev)$/.test(host)
}
