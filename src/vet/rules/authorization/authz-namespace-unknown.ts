import {at, texts} from '../../../objects/json.ts'
import {authorizations} from '../../reading/authorizations.ts'
import {absence, closest} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'authz-namespace-unknown',
  area: 'authorization',
  severity: 'warning',
  istio: '*',
  inputs: ['AuthorizationPolicy', 'Namespace'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0101', 'KIA0101'],
  formerIds: [],
  messages: {
    unknown: 'There is no namespace {namespace} that this source could be.',
    misspelt: 'There is no namespace {namespace}; {suggestion} is probably meant.',
  },
  why: 'A source of a namespace that does not exist matches no request: an ALLOW policy refuses whom it was to admit, a DENY policy admits whom it was to refuse.',
  fix: 'Correct the name of the namespace.',
  check(mesh, report) {
    const known = new Set(mesh.namespaces)
    for (const {object, policy} of authorizations(mesh)) {
      for (const {path} of policy.rules.flatMap(rule => rule.from)) {
        for (const field of ['namespaces', 'notNamespaces']) {
          texts(at(object.value, [...path, field])).forEach((namespace, index) => {
            if (exists(namespace, known)) return
            const near = namespace.includes('*') ? null : closest(namespace, mesh.namespaces.slice(0, 500))
            report({
              messageId: near === null ? 'unknown' : 'misspelt',
              data: {namespace, suggestion: near ?? ''},
              identity: ['namespace'],
              object,
              path: [...path, field, index],
              ...(near === null ? {certainty: absence(mesh, ['Namespace'])} : {}),
            })
          })
        }
      }
    }
  },
})

/** `*` alone, a prefix or a suffix with it, or a name (istio pilot/pkg/security/authz/matcher). */
function exists(pattern: string, known: ReadonlySet<string>): boolean {
  if (pattern === '*' || known.has(pattern)) return true
  if (pattern.endsWith('*')) return [...known].some(name => name.startsWith(pattern.slice(0, -1)))
  return pattern.startsWith('*') && [...known].some(name => name.endsWith(pattern.slice(1)))
}
