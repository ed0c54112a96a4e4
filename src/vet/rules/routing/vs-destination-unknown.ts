import {unknownHost} from '../../reading/references.ts'
import {virtualServicesOf, writtenDestinations} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-destination-unknown',
  area: 'routing',
  severity: 'error',
  istio: '*',
  inputs: ['VirtualService', 'Service', 'ServiceEntry'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0101', 'KIA1101'],
  formerIds: [],
  messages: {
    unknown: 'No Service or ServiceEntry has the host {host} that this route sends to.',
    unqualified:
      'Istio takes {host} as a full name, since it has a dot, and nothing has that name; {suggestion} is probably meant.',
    otherNamespace:
      'There is no {host} in the namespace of this VirtualService; {suggestion} is in another one.',
    misspelt: 'Nothing has the host {host}; {suggestion} is probably meant.',
  },
  why: 'A route to a host that is not in the registry has no cluster to send to: every request on it ends in 503 NC.',
  fix: 'Write the fully qualified name of an existing Service, or add the Service or ServiceEntry.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const {host, path} of writtenDestinations(virtualService)) {
        const wrong = unknownHost(mesh, host, virtualService.id.namespace)
        if (wrong !== null) report({...wrong, object: virtualService, path: [...path, 'host']})
      }
    }
  },
})
