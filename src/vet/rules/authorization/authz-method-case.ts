import {at, texts} from '../../../objects/json.ts'
import {httpMethods} from '../../../mesh/http-match.ts'
import {setting} from '../../edits.ts'
import {authorizations} from '../../reading/authorizations.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'authz-method-case',
  area: 'authorization',
  severity: 'error',
  istio: '*',
  inputs: ['AuthorizationPolicy'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA0102'],
  formerIds: [],
  messages: {
    lower:
      'The method {method} never matches: methods are compared with their case, and requests have {right}.',
  },
  why: 'HTTP methods are case-sensitive and so is the comparison. The rule matches no request: ALLOW refuses it, DENY lets it pass.',
  fix: 'Write the method in capitals.',
  check(mesh, report) {
    for (const {object, policy} of authorizations(mesh)) {
      for (const {path} of policy.rules.flatMap(rule => rule.to)) {
        for (const field of ['methods', 'notMethods']) {
          texts(at(object.value, [...path, field])).forEach((method, index) => {
            const right = method.toUpperCase()
            if (right === method || !httpMethods.includes(right)) return
            const place = [...path, field, index]
            report({
              messageId: 'lower',
              data: {method, right},
              object,
              path: place,
              fix: {
                kind: 'unsafe',
                description: `Write ${right}.`,
                changes: [setting(object, place, right, 'methods are case-sensitive')],
              },
            })
          })
        }
      }
    }
  },
})
