import {entries, isRecord, list, record, text, texts} from '../../../objects/json.ts'
import type {JsonObject, Path} from '../../../objects/object.ts'
import {isSet} from './refusal.ts'
import type {Refuse, Validate} from './refusal.ts'

const noCustom = ['namespaces', 'principals', 'requestPrincipals', 'serviceAccounts', 'trustDomains'].flatMap(
  name => [name, `not${name.charAt(0).toUpperCase()}${name.slice(1)}`],
)

/** istio pkg/config/validation/validation.go ValidateAuthorizationPolicy */
export const validateAuthorization: Validate = (spec, refuse) => {
  const tell = (path: Path, problem: string): void => refuse(path, problem, 'authorization')
  const action = text(spec['action']) ?? 'ALLOW'
  const hasRules = spec['rules'] !== undefined && spec['rules'] !== null
  if ((action === 'DENY' || action === 'CUSTOM') && !hasRules)
    tell(
      ['spec'],
      `has the action ${action} and no rules, so that it never acts: rules: [{}] would be for every request`,
    )
  const provider = record(spec['provider'])
  if (action === 'CUSTOM' && hasRules && !isSet(provider['name']))
    tell(['spec'], 'has the action CUSTOM and no provider.name')
  if (action !== 'CUSTOM' && isRecord(spec['provider']))
    tell(['spec', 'provider'], `has no place beside the action ${action}`)
  for (const [index, rule] of entries(spec['rules'])) checkRule(rule, ['spec', 'rules', index], action, tell)
}

function checkRule(rule: JsonObject, path: Path, action: string, tell: Refuse): void {
  for (const [part, inner] of [
    ['from', 'source'],
    ['to', 'operation'],
  ] as const) {
    if (Array.isArray(rule[part]) && list(rule[part]).length === 0) tell([...path, part], 'is empty')
    for (const [index, entry] of entries(rule[part])) {
      const place = [...path, part, index]
      const fields = record(entry[inner])
      if (!isRecord(entry[inner])) tell(place, `has no ${inner}`)
      else if (Object.values(fields).every(value => list(value).length === 0))
        tell([...place, inner], 'is empty')
      for (const [field, values] of Object.entries(fields)) {
        if (texts(values).includes('')) tell([...place, inner, field], 'has an empty value')
        if (/^(not)?ports$/i.test(field) && texts(values).some(port => !isPort(port)))
          tell([...place, inner, field], 'has a value that is no port number')
        if (action === 'CUSTOM' && noCustom.includes(field))
          tell([...place, inner, field], 'is not supported with CUSTOM')
      }
    }
  }
}

function isPort(value: string): boolean {
  return value === '' || (/^\d+$/.test(value) && Number(value) > 0 && Number(value) <= 65535)
}
