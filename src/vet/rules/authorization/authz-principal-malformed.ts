import {at, texts} from '../../../objects/json.ts'
import {setting} from '../../edits.ts'
import {authorizations} from '../../reading/authorizations.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'authz-principal-malformed',
  area: 'authorization',
  severity: 'error',
  istio: '*',
  inputs: ['AuthorizationPolicy'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    prefix: '{principal} never matches: Istio puts spiffe:// before it by itself.',
    form: '{principal} never matches: a principal is trust-domain/ns/namespace/sa/service-account.',
  },
  why: 'Principals are compared as text with the identity in the certificate. One of another form matches nobody: an ALLOW policy refuses all, a DENY policy none.',
  fix: 'Write cluster.local/ns/<namespace>/sa/<service account>, without spiffe://.',
  check(mesh, report) {
    for (const {object, policy} of authorizations(mesh)) {
      for (const {path} of policy.rules.flatMap(rule => rule.from)) {
        for (const field of ['principals', 'notPrincipals']) {
          texts(at(object.value, [...path, field])).forEach((principal, index) => {
            const place = [...path, field, index]
            if (principal.startsWith('spiffe://')) {
              const bare = principal.slice('spiffe://'.length)
              report({
                messageId: 'prefix',
                data: {principal},
                object,
                path: place,
                fix: {
                  kind: 'unsafe',
                  description: `Write ${bare}.`,
                  changes: [setting(object, place, bare, 'Istio adds the scheme by itself')],
                },
              })
            } else if (!wellFormed(principal))
              report({messageId: 'form', data: {principal}, object, path: place})
          })
        }
      }
    }
  },
})

/** With a `*` only at an end, which is where it stands for something, any rest may match. */
function wellFormed(principal: string): boolean {
  if (principal === '' || principal.startsWith('*') || principal.endsWith('*')) return true
  return /^[^/]+\/ns\/[^/]+\/sa\/[^/]+$/.test(principal) || !/^[^/]+$|\/ns\/|\/sa\//.test(principal)
}
