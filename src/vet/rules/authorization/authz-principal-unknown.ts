import type {Mesh} from '../../../mesh/mesh.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'
import {at, texts} from '../../../objects/json.ts'
import {authorizations} from '../../reading/authorizations.ts'
import {absence, closest} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'authz-principal-unknown',
  area: 'authorization',
  severity: 'warning',
  istio: '*',
  inputs: ['AuthorizationPolicy', 'ServiceAccount'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA0106', 'KIA0107', 'KIA0108'],
  formerIds: [],
  messages: {
    unknown: 'No workload has the identity {principal}: there is no such service account.',
    misspelt: 'No workload has the identity {principal}: service account {suggestion} is probably meant.',
    foreign:
      'The identity {principal} is of trust domain {domain}, which is not this mesh’s ({own}): whether anybody has it cannot be told here.',
  },
  why: 'A principal that nobody has matches no request: an ALLOW policy refuses whom it was to admit, a DENY policy admits whom it was to refuse.',
  fix: 'Write the service account under which the client runs, and its namespace.',
  check(mesh, report) {
    const known = identities(mesh)
    const own = mesh.meshConfig.trustDomain
    for (const {object, policy} of authorizations(mesh)) {
      for (const {path} of policy.rules.flatMap(rule => rule.from)) {
        for (const field of ['principals', 'notPrincipals']) {
          texts(at(object.value, [...path, field])).forEach((principal, index) => {
            const found = /^([^/*]+)\/ns\/([^/*]+)\/sa\/([^/*]+)$/.exec(principal)
            if (found === null || known.has(principal.slice(principal.indexOf('/ns/')))) return
            const [, domain = '', namespace = '', account = ''] = found
            const place = {object, path: [...path, field, index], identity: ['principal']}
            if (domain !== own && domain !== 'cluster.local') {
              report({...place, messageId: 'foreign', data: {principal, domain, own}, severity: 'info'})
              return
            }
            const near = closest(account, accountsOf(mesh).get(namespace) ?? [])
            report({
              ...place,
              messageId: near === null ? 'unknown' : 'misspelt',
              data: {principal, suggestion: near === null ? '' : `${namespace}/${near}`},
              ...(near === null ? {certainty: absence(mesh, ['ServiceAccount'])} : {}),
            })
          })
        }
      }
    }
  },
})

/** Service accounts by namespace: those that are there, those that workloads run under, and `default`, which always is. */
const accountsOf = perMesh((mesh: Mesh): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, Set<string>>(mesh.namespaces.map(name => [name, new Set(['default'])]))
  const add = (namespace: string, account: string): void => {
    const known = found.get(namespace) ?? new Set<string>()
    found.set(namespace, known.add(account))
  }
  for (const {id} of mesh.objects('ServiceAccount')) add(id.namespace, id.name)
  for (const {namespace, serviceAccount} of mesh.workloads) add(namespace, serviceAccount)
  return new Map([...found].map(([namespace, accounts]) => [namespace, [...accounts]]))
})

const identities = perMesh((mesh: Mesh): ReadonlySet<string> => {
  const written = [...accountsOf(mesh)].flatMap(([namespace, accounts]) =>
    accounts.map(account => `/ns/${namespace}/sa/${account}`),
  )
  return new Set(written)
})
