import {isWildcard} from '../../../mesh/hosts.ts'
import {entries, isRecord, list, text, texts} from '../../../objects/json.ts'
import type {Validate} from './refusal.ts'

/** istio pkg/config/validation/validation.go ValidateServiceEntry */
export const validateServiceEntry: Validate = (spec, refuse) => {
  const resolution = text(spec['resolution']) ?? 'NONE'
  const endpoints = list(spec['endpoints'])
  const addresses = texts(spec['addresses'])
  if (isRecord(spec['workloadSelector']) && endpoints.length > 0)
    refuse(['spec', 'endpoints'], 'cannot stand beside workloadSelector')
  const network = addresses.findIndex(address => address.includes('/'))
  if (network >= 0 && resolution !== 'NONE' && resolution !== 'STATIC')
    refuse(['spec', 'addresses', network], `is a range, which resolution ${resolution} does not take`)
  const names = new Set<string>()
  for (const [index, port] of entries(spec['ports'])) {
    const name = text(port['name']) ?? ''
    if (name !== '' && names.has(name))
      refuse(['spec', 'ports', index, 'name'], `is used by a port before it: ${name}`)
    names.add(name)
  }
  if (resolution !== 'DNS' && resolution !== 'DNS_ROUND_ROBIN') return
  const wildcard = texts(spec['hosts']).findIndex(isWildcard)
  if (wildcard >= 0 && endpoints.length === 0)
    refuse(
      ['spec', 'hosts', wildcard],
      `is a wildcard, which resolution ${resolution} cannot look up without endpoints`,
    )
  if (resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1)
    refuse(['spec', 'endpoints'], 'has more than the one endpoint that DNS_ROUND_ROBIN takes')
}
