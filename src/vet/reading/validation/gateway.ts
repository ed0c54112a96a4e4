import {entries, isRecord, list, record, text} from '../../../objects/json.ts'
import type {JsonObject, Path} from '../../../objects/object.ts'
import {isSet} from './refusal.ts'
import type {Refuse, Validate} from './refusal.ts'

const http = new Set(['HTTP', 'HTTP2', 'HTTP_PROXY', 'GRPC', 'GRPC-WEB', 'GRPC_WEB'])
const tls = new Set(['HTTPS', 'TLS'])
const bytes = new Set(['TCP', 'MONGO', 'REDIS', 'MYSQL', 'UDP'])

/** istio pkg/config/validation/validation.go ValidateGateway */
export const validateGateway: Validate = (spec, refuse) => {
  if (list(spec['servers']).length === 0) refuse(['spec'], 'has no server')
  const names = new Set<string>()
  for (const [index, server] of entries(spec['servers'])) {
    const path = ['spec', 'servers', index]
    if (list(server['hosts']).length === 0) refuse(path, 'has no host')
    const port = record(server['port'])
    const name = text(port['name']) ?? ''
    if (isRecord(server['port']) && name === '') refuse([...path, 'port'], 'has no name')
    if (name !== '' && names.has(name))
      refuse([...path, 'port', 'name'], `is used by a server before it: ${name}`)
    names.add(name)
    checkProtocol(server, path, refuse)
    checkCertificates(record(server['tls']), [...path, 'tls'], refuse)
  }
}

function checkProtocol(server: JsonObject, path: Path, refuse: Refuse): void {
  const written = text(record(server['port'])['protocol'])
  if (written === undefined || written === '') return
  const protocol = written.toUpperCase()
  const options = server['tls']
  if (!http.has(protocol) && !tls.has(protocol) && !bytes.has(protocol))
    refuse([...path, 'port', 'protocol'], `is no protocol of a Gateway: ${written}`)
  else if (tls.has(protocol) && !isRecord(options)) refuse(path, `has the protocol ${protocol} and no tls`)
  else if (bytes.has(protocol) && isRecord(options))
    refuse([...path, 'tls'], `cannot stand beside the protocol ${protocol}`)
  else if (http.has(protocol) && isRecord(options) && !onlyRedirects(options))
    refuse([...path, 'tls'], `cannot stand beside the plaintext protocol ${protocol}, but for httpsRedirect`)
}

function onlyRedirects(options: JsonObject): boolean {
  const mode = options['mode'] ?? 'PASSTHROUGH'
  const files = ['caCertificates', 'privateKey', 'serverCertificate'].some(field => isSet(options[field]))
  return !files && (mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH')
}

function checkCertificates(options: JsonObject, path: Path, refuse: Refuse): void {
  const mode = text(options['mode']) ?? ''
  const named = isSet(options['credentialName']) || list(options['credentialNames']).length > 0
  const many = list(options['tlsCertificates']).length > 0
  if (mode === 'ISTIO_MUTUAL') {
    const field = ['serverCertificate', 'privateKey', 'caCertificates', 'credentialName'].find(one =>
      isSet(options[one]),
    )
    if (field !== undefined)
      refuse([...path, field], 'cannot stand beside ISTIO_MUTUAL, which has its own certificates')
    return
  }
  if (!['SIMPLE', 'MUTUAL', 'OPTIONAL_MUTUAL'].includes(mode) || named) return
  if (mode !== 'SIMPLE' && !isSet(options['caCertificates']))
    refuse(path, `has mode ${mode} and neither credentialName nor caCertificates`)
  if (many) return
  for (const field of ['serverCertificate', 'privateKey'])
    if (!isSet(options[field])) refuse(path, `has mode ${mode} and neither credentialName nor ${field}`)
}
