import {record, text} from '../../../objects/json.ts'
import {authorizations} from '../../reading/authorizations.ts'
import {closest} from '../../reading/references.ts'
import {listed} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'authz-custom-provider-unknown',
  area: 'authorization',
  severity: 'error',
  istio: '*',
  inputs: ['AuthorizationPolicy'],
  needs: 'mesh-config',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    unknown:
      'The mesh config has no extension provider {provider}, only {known}: every request that this policy matches is denied.',
    misspelt:
      'The mesh config has no extension provider {provider}, so every request that this policy matches is denied; {suggestion} is probably meant.',
  },
  why: 'For a CUSTOM policy whose provider it cannot find istiod writes a rule that denies all that match, to be on the safe side.',
  fix: 'Add the provider to extensionProviders, or correct its name.',
  check(mesh, report) {
    const known = mesh.meshConfig.extensionProviders.map(({name}) => name)
    for (const {object, policy} of authorizations(mesh)) {
      const provider = text(record(record(object.value['spec'])['provider'])['name']) ?? ''
      if (policy.action !== 'CUSTOM' || provider === '' || known.includes(provider)) continue
      const near = closest(provider, known)
      report({
        messageId: near === null ? 'unknown' : 'misspelt',
        data: {provider, known: listed(known, 5) || 'none', suggestion: near ?? ''},
        identity: ['provider'],
        object,
        path: ['spec', 'provider', 'name'],
      })
    }
  },
})
