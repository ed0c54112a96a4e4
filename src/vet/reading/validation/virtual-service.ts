import {hostCovers} from '../../../mesh/hosts.ts'
import {entries, isRecord, list, number, record, text, texts} from '../../../objects/json.ts'
import type {Json, JsonObject, Path} from '../../../objects/object.ts'
import type {Refuse, Validate} from './refusal.ts'

/** istio pkg/config/validation/agent/validation.go supportedRetryOnPolicies */
const retryPolicies = new Set(
  '5xx gateway-error reset reset-before-request connect-failure retriable-4xx refused-stream retriable-status-codes retriable-headers envoy-ratelimited http3-post-connect-failure cancelled deadline-exceeded internal resource-exhausted unavailable'.split(
    ' ',
  ),
)

/** istio pkg/config/validation: ValidateVirtualService */
export const validateVirtualService: Validate = (spec, refuse) => {
  const hosts = texts(spec['hosts'])
  const gateways = texts(spec['gateways'])
  const isDelegate = list(spec['hosts']).length === 0
  if (isDelegate) {
    for (const field of ['gateways', 'tls', 'tcp'])
      if (list(spec[field]).length > 0)
        refuse(['spec', field], `has no place in a VirtualService without hosts, which is a delegate`)
  }
  checkHosts(hosts, gateways, refuse)
  if (['http', 'tls', 'tcp'].every(field => list(spec[field]).length === 0))
    refuse(['spec'], 'has no http, tls or tcp route')
  for (const [index, route] of entries(spec['http']))
    checkHttp(route, ['spec', 'http', index], isDelegate, refuse)
  for (const protocol of ['tls', 'tcp']) {
    for (const [index, route] of entries(spec[protocol])) {
      const path = ['spec', protocol, index]
      if (list(route['route']).length === 0) refuse(path, 'has no destination')
      checkWeights(route['route'], [...path, 'route'], refuse)
      if (protocol === 'tls') checkSniHosts(route, path, hosts, refuse)
    }
  }
}

function checkHosts(hosts: readonly string[], gateways: readonly string[], refuse: Refuse): void {
  if (hosts.includes('*') && (gateways.length === 0 || gateways.every(name => name === 'mesh')))
    refuse(['spec', 'hosts', hosts.indexOf('*')], 'cannot be * for clients in the mesh')
  hosts.forEach((host, index) => {
    const other = hosts.slice(0, index).find(one => hostCovers(one, host) || hostCovers(host, one))
    if (other !== undefined && hosts.length < 200)
      refuse(['spec', 'hosts', index], `is there twice: as ${other} too`)
  })
}

function checkHttp(route: JsonObject, path: Path, isDelegate: boolean, refuse: Refuse): void {
  const has = (field: string): boolean => isRecord(route[field])
  const sends = list(route['route']).length > 0
  if (has('delegate')) {
    if (isDelegate) refuse([...path, 'delegate'], 'stands in a delegate, and delegates do not delegate')
    for (const field of ['redirect', 'route'])
      if (route[field] !== undefined) refuse([...path, field], 'cannot stand beside delegate')
    return
  }
  if (has('redirect') || has('directResponse')) {
    const answer = has('redirect') ? 'redirect' : 'directResponse'
    if (sends) refuse([...path, 'route'], `cannot stand beside ${answer}`)
    for (const field of ['fault', 'rewrite'])
      if (has(field)) refuse([...path, field], `cannot stand beside ${answer}`)
  } else if (!sends) refuse(path, 'has neither route nor redirect nor directResponse')
  if (has('mirror') && list(route['mirrors']).length > 0)
    refuse([...path, 'mirrors'], 'cannot stand beside mirror')
  checkWeights(route['route'], [...path, 'route'], refuse)
  checkRetries(record(route['retries']), [...path, 'retries'], refuse)
  checkFault(record(route['fault']), [...path, 'fault'], refuse)
  checkPercentage(record(route['mirrorPercentage']), [...path, 'mirrorPercentage'], refuse)
}

function checkWeights(routes: Json | undefined, path: Path, refuse: Refuse): void {
  const weighted = entries(routes)
  for (const [index, route] of weighted) {
    if (route['destination'] !== undefined && record(route['destination'])['host'] === '*')
      refuse([...path, index, 'destination', 'host'], 'cannot be *')
    if ((number(route['weight']) ?? 0) < 0) refuse([...path, index, 'weight'], 'is less than zero')
  }
  if (weighted.length > 1 && weighted.every(([, route]) => (number(route['weight']) ?? 0) === 0))
    refuse(path, 'has several destinations and no weight: the total is zero')
}

function checkRetries(retries: JsonObject, path: Path, refuse: Refuse): void {
  const attempts = number(retries['attempts']) ?? 0
  if (attempts < 0) refuse([...path, 'attempts'], 'is less than zero')
  if (attempts === 0) {
    const field = ['perTryTimeout', 'retryOn', 'retryRemoteLocalities'].find(name => isGiven(retries[name]))
    if (field !== undefined)
      refuse([...path, field], 'is set while attempts is 0, which switches retries off', 'retry-disabled')
  }
  const written = text(retries['retryOn']) ?? ''
  const wrong = written === '' ? [] : written.split(',').filter(one => !isRetryPolicy(one))
  for (const one of wrong)
    refuse(
      [...path, 'retryOn'],
      `has ${JSON.stringify(one)}, which is no condition${retryPolicies.has(one.trim()) ? ': spaces count' : ''}`,
      'retry-on',
    )
}

function isGiven(value: Json | undefined): boolean {
  return value !== undefined && value !== null && value !== ''
}

function isRetryPolicy(one: string): boolean {
  return retryPolicies.has(one) || /^[1-5]\d\d$/.test(one)
}

function checkFault(fault: JsonObject, path: Path, refuse: Refuse): void {
  if (Object.keys(fault).length > 0 && !isRecord(fault['abort']) && !isRecord(fault['delay']))
    refuse(path, 'has neither abort nor delay')
  const abort = record(fault['abort'])
  const status = number(abort['httpStatus'])
  if (status !== undefined && (status < 200 || status > 600))
    refuse([...path, 'abort', 'httpStatus'], 'is no HTTP status: 200 to 599')
  for (const kind of ['abort', 'delay'])
    checkPercentage(record(record(fault[kind])['percentage']), [...path, kind, 'percentage'], refuse)
}

function checkPercentage(percentage: JsonObject, path: Path, refuse: Refuse): void {
  const value = number(percentage['value'])
  if (value !== undefined && (value < 0 || value > 100)) refuse([...path, 'value'], 'is no share: 0 to 100')
}

/** Each name of a match must be one of the hosts, or within one. */
function checkSniHosts(route: JsonObject, path: Path, hosts: readonly string[], refuse: Refuse): void {
  for (const [index, match] of entries(route['match'])) {
    const names = texts(match['sniHosts'])
    if (names.length === 0) refuse([...path, 'match', index], 'has no sniHosts')
    names.forEach((name, position) => {
      if (!hosts.some(host => hostCovers(host, name)))
        refuse(
          [...path, 'match', index, 'sniHosts', position],
          `is not among the hosts of the VirtualService`,
        )
    })
  }
}
