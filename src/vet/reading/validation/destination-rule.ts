import {entries, isRecord, list, number, record, text} from '../../../objects/json.ts'
import type {JsonObject, Path} from '../../../objects/object.ts'
import {isSet} from './refusal.ts'
import type {Refuse, Validate} from './refusal.ts'

/** istio pkg/config/validation/validation.go ValidateDestinationRule */
export const validateDestinationRule: Validate = (spec, refuse) => {
  checkPolicy(spec, ['spec'], refuse)
  for (const [index, subset] of entries(spec['subsets'])) {
    const path = ['spec', 'subsets', index]
    if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text(subset['name']) ?? ''))
      refuse([...path, 'name'], 'is no name for a subset: lower-case letters, digits and -')
    checkPolicy(subset, path, refuse)
  }
}

function checkPolicy(holder: JsonObject, above: Path, refuse: Refuse): void {
  const policy = holder['trafficPolicy']
  if (!isRecord(policy)) return
  const path = [...above, 'trafficPolicy']
  // One that only has names which nobody knows is told of those.
  if (Object.values(policy).every(value => value === undefined || value === null))
    refuse(path, 'has none of its fields')
  checkSettings(policy, path, refuse)
  for (const [index, port] of entries(policy['portLevelSettings'])) {
    const place = [...path, 'portLevelSettings', index]
    if (!isRecord(port['port'])) refuse(place, 'does not say for which port')
    checkSettings(port, place, refuse)
  }
}

function checkSettings(settings: JsonObject, path: Path, refuse: Refuse): void {
  checkOutlier(record(settings['outlierDetection']), [...path, 'outlierDetection'], refuse)
  checkTls(record(settings['tls']), [...path, 'tls'], refuse)
  const hash = record(record(settings['loadBalancer'])['consistentHash'])
  if (isRecord(hash['httpCookie']) && !isSet(hash['httpCookie']['name']))
    refuse([...path, 'loadBalancer', 'consistentHash', 'httpCookie'], 'has no name')
}

function checkOutlier(outlier: JsonObject, path: Path, refuse: Refuse): void {
  const local = number(outlier['consecutiveLocalOriginFailures']) ?? 0
  if (local > 0 && outlier['splitExternalLocalOriginErrors'] !== true)
    refuse(
      [...path, 'consecutiveLocalOriginFailures'],
      'counts only with splitExternalLocalOriginErrors: true',
      'outlier-split',
    )
  for (const field of ['maxEjectionPercent', 'minHealthPercent']) {
    const percent = number(outlier[field])
    if (percent !== undefined && (percent < 0 || percent > 100))
      refuse([...path, field], 'is no share: 0 to 100')
  }
}

/** istio pkg/config/validation/agent/validation.go ValidateTLS */
function checkTls(tls: JsonObject, path: Path, refuse: Refuse): void {
  const {mode} = tls
  const named = isSet(tls['credentialName'])
  const files = ['clientCertificate', 'privateKey', 'caCertificates', 'caCrl'].filter(field =>
    isSet(tls[field]),
  )
  if (named && (mode === 'SIMPLE' || mode === 'MUTUAL')) {
    const [file] = files
    if (file !== undefined)
      refuse([...path, file], 'cannot stand beside credentialName', 'client-certificate')
  } else if (mode === 'MUTUAL') {
    for (const field of ['clientCertificate', 'privateKey'])
      if (!files.includes(field)) refuse(path, `has mode MUTUAL and no ${field}`, 'client-certificate')
  }
  if (tls['insecureSkipVerify'] !== true || (mode !== 'SIMPLE' && mode !== 'MUTUAL')) return
  const field = isSet(tls['caCertificates'])
    ? 'caCertificates'
    : list(tls['subjectAltNames']).length > 0
      ? 'subjectAltNames'
      : null
  if (field !== null) refuse([...path, field], 'cannot stand beside insecureSkipVerify')
}
