import {isWildcard} from '../../../mesh/hosts.ts'
import {at, texts} from '../../../objects/json.ts'
import {authorizations} from '../../reading/authorizations.ts'
import {absence} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'authz-host-unknown',
  area: 'authorization',
  severity: 'info',
  istio: '*',
  inputs: ['AuthorizationPolicy', 'Service', 'ServiceEntry'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA0104'],
  formerIds: [],
  messages: {
    unknown: 'No Service has the name {host} that this operation asks the Host header for.',
  },
  why: 'Hosts of an operation are compared with the Host header as text. Where nothing has the name, no request in the mesh carries it.',
  fix: 'Write the host as clients call it, with *.<namespace>.svc.cluster.local beside the short name where both are in use.',
  check(mesh, report) {
    for (const {object, policy} of authorizations(mesh)) {
      for (const {path} of policy.rules.flatMap(rule => rule.to)) {
        for (const field of ['hosts', 'notHosts']) {
          texts(at(object.value, [...path, field])).forEach((host, index) => {
            const name = host.replace(/:\d+$/, '')
            // Any name of DNS may be called from outside; one in the cluster's domain, or without a dot, is a Service's.
            const local = !name.includes('.') || name.endsWith('.svc.cluster.local')
            if (name === '' || isWildcard(name) || name.endsWith('*') || !local) return
            if (mesh.host(name, object.id.namespace) !== null) return
            report({
              messageId: 'unknown',
              data: {host},
              object,
              path: [...path, field, index],
              certainty: absence(mesh, ['Service', 'ServiceEntry']),
            })
          })
        }
      }
    }
  },
})
