import {defineRule} from '../../rule.ts'

const replacements: Readonly<Record<string, string>> = {
  ClusterRbacConfig:
    'an AuthorizationPolicy without rules (which denies all) in each namespace that it covers',
  RbacConfig: 'an AuthorizationPolicy without rules (which denies all) in each namespace that it covers',
  ServiceRole: 'the `to` part of an AuthorizationPolicy with a selector',
  ServiceRoleBinding: 'the `from` part of the AuthorizationPolicy of its role',
}

export default defineRule({
  id: 'legacy-rbac',
  area: 'legacy',
  severity: 'error',
  istio: '>=1.6.0',
  inputs: [],
  needs: 'offline',
  params: {},
  equivalents: ['IST0002'],
  formerIds: [],
  messages: {
    removed:
      '{kind} of rbac.istio.io was removed in Istio 1.6: nothing reads it, and everything that it denied is open. It becomes {replacement}.',
  },
  why: 'These were the access rules before 1.6. istiod does not know them: a mesh that relies on them lets everybody in, and says so nowhere.',
  fix: 'Write AuthorizationPolicies of security.istio.io/v1, and delete the old objects.',
  check(mesh, report) {
    for (const object of mesh.objects()) {
      const {apiVersion, kind} = object.id
      if (!apiVersion.startsWith('rbac.istio.io/')) continue
      const known = Object.hasOwn(replacements, kind) ? replacements[kind] : undefined
      const replacement = known ?? 'an AuthorizationPolicy of security.istio.io'
      report({messageId: 'removed', data: {kind, replacement}, object, path: ['apiVersion']})
    }
  },
})
