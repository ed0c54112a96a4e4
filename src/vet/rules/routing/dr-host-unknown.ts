import {unknownHost} from '../../reading/references.ts'
import {ruleHost} from '../../reading/destination-rules.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'dr-host-unknown',
  area: 'routing',
  severity: 'warning',
  istio: '*',
  inputs: ['DestinationRule', 'Service', 'ServiceEntry'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0174', 'KIA0202'],
  formerIds: [],
  messages: {
    unknown: 'No Service or ServiceEntry has the host {host}, so this DestinationRule applies to nothing.',
    unqualified:
      'Istio takes {host} as a full name, since it has a dot, and nothing has that name; {suggestion} is probably meant.',
    otherNamespace:
      'There is no {host} in the namespace of this DestinationRule; {suggestion} is in another one.',
    misspelt:
      'Nothing has the host {host}, so this DestinationRule applies to nothing; {suggestion} is probably meant.',
  },
  why: 'A DestinationRule for a host that does not exist is silently without effect: the TLS, outlier detection or limits that it holds are not in force anywhere.',
  fix: 'Write the fully qualified name of an existing Service, or delete the rule.',
  check(mesh, report) {
    for (const rule of mesh.objects('DestinationRule')) {
      const wrong = unknownHost(mesh, ruleHost(rule), rule.id.namespace)
      if (wrong !== null) report({...wrong, object: rule, path: ['spec', 'host']})
    }
  },
})
