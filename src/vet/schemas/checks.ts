import {parseDuration} from '../../mesh/durations.ts'
import {isRecord} from '../../objects/json.ts'
import type {Json} from '../../objects/object.ts'

/** What one of the CRDs' CEL rules objects to, in words; null where it is content. */
type Check = (value: Json) => string | null

function whenText(check: (value: string) => string | null): Check {
  return value => (typeof value === 'string' ? check(value) : null)
}

function whenRecord(check: (value: Readonly<Record<string, Json | undefined>>) => string | null): Check {
  return value => (isRecord(value) ? check(value) : null)
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= 65535
}

/** The CEL rules that scripts/generate-schemas.ts knows, by name. */
export const checks: Readonly<Record<string, Check>> = {
  duration: whenText(value => {
    const time = parseDuration(value)
    if (time === null) return `${JSON.stringify(value)} is no duration, such as 5s or 250ms`
    return time < 1 ? `${JSON.stringify(value)} is shorter than 1ms, the least there is` : null
  }),
  port: value => (typeof value !== 'number' || isPort(value) ? null : `${value} is no port: 1 to 65535`),
  portKeys: whenRecord(value => {
    const wrong = Object.keys(value).find(key => !isPort(Number(key)))
    return wrong === undefined ? null : `the key ${JSON.stringify(wrong)} is no port: 1 to 65535`
  }),
  distinctPorts: value => {
    const numbers: readonly unknown[] = Array.isArray(value)
      ? (value as readonly Json[]).map(item => (isRecord(item) ? item['number'] : undefined))
      : []
    const twice = numbers.find((one, index) => typeof one === 'number' && numbers.indexOf(one) !== index)
    return typeof twice === 'number' ? `the port ${twice} is there twice` : null
  },
  sameNamespace: whenText(value =>
    value === '' ? null : 'a reference to another namespace is not supported',
  ),
  noWildcardKey: whenRecord(value =>
    Object.keys(value).some(key => key.includes('*'))
      ? 'a key with * matches nothing: labels are literal'
      : null,
  ),
  noEmptyKey: whenRecord(value => (Object.hasOwn(value, '') ? 'a key is empty' : null)),
  noWildcard: whenText(value =>
    value.includes('*') ? `${JSON.stringify(value)} has a *, and labels match literally` : null,
  ),
  notOnlyWildcard: whenText(value => (value === '*' ? 'a host cannot be * alone' : null)),
  httpUrl: whenText(value =>
    /^https?:\/\//.test(value) ? null : `${JSON.stringify(value)} is no http(s) URL`,
  ),
  addressOrNetwork: whenRecord(value =>
    value['address'] === undefined && value['network'] === undefined
      ? 'it has neither address nor network'
      : null,
  ),
  noEndpointsWithoutResolution: whenRecord(value =>
    (value['resolution'] === undefined || value['resolution'] === 'NONE') && value['endpoints'] !== undefined
      ? 'resolution NONE takes no endpoints'
      : null,
  ),
  selectorForPorts: whenRecord(value => {
    const selector = value['selector']
    const labels = isRecord(selector) ? selector['matchLabels'] : undefined
    const selects = isRecord(labels) && Object.keys(labels).length > 0
    return value['portLevelMtls'] === undefined || selects ? null : 'portLevelMtls needs a selector'
  }),
}
