import {entries, isRecord, list, record, text, texts} from '../objects/json.ts'
import type {Json, JsonObject, KubeObject, Path} from '../objects/object.ts'

export type AuthorizationAction = 'ALLOW' | 'DENY' | 'AUDIT' | 'CUSTOM'

/** Values of which one must match, and values of which none may; both empty where the field is not set. */
export interface Values {
  readonly in: readonly string[]
  readonly notIn: readonly string[]
}

/** One `from[].source`; everything that is set must hold. */
export interface Source {
  readonly principals: Values
  readonly namespaces: Values
  readonly serviceAccounts: Values
  readonly trustDomains: Values
  readonly requestPrincipals: Values
  readonly ipBlocks: Values
  readonly remoteIpBlocks: Values
  readonly path: Path
}

/** One `to[].operation`. Ports are those of the pod, not of the Service. */
export interface Operation {
  readonly hosts: Values
  readonly ports: Values
  readonly methods: Values
  readonly paths: Values
  readonly path: Path
}

export interface Condition extends Values {
  readonly key: string
  readonly path: Path
}

/** A rule: any source, any operation, all conditions; an empty list holds always. */
export interface AuthorizationRule {
  readonly from: readonly Source[]
  readonly to: readonly Operation[]
  readonly when: readonly Condition[]
  readonly path: Path
}

export interface AuthorizationPolicy {
  readonly object: KubeObject
  readonly action: AuthorizationAction
  /** None: an ALLOW policy that matches no request, which denies all; a DENY policy that does nothing. */
  readonly rules: readonly AuthorizationRule[]
}

export function readAuthorization(policy: KubeObject): AuthorizationPolicy {
  const spec = record(policy.value['spec'])
  return {
    object: policy,
    action: actionOf(text(spec['action'])),
    rules: entries(spec['rules']).map(([index, rule]) => readRule(rule, ['spec', 'rules', index])),
  }
}

/** Condition keys that ask who the client is by its certificate, which only mTLS shows. */
const identityKeys = ['source.principal', 'source.namespace', 'source.serviceAccount', 'source.trustDomain']

/** Where a policy asks for the client's identity; empty where it works for callers outside the mesh as well. */
export function identityPaths(policy: AuthorizationPolicy): readonly Path[] {
  return policy.rules.flatMap(rule => [
    ...rule.from.filter(asksIdentity).map(source => source.path),
    ...rule.when.filter(condition => identityKeys.includes(condition.key)).map(condition => condition.path),
  ])
}

export function needsIdentity(policy: AuthorizationPolicy): boolean {
  return identityPaths(policy).length > 0
}

export function asksIdentity(source: Source): boolean {
  return [source.principals, source.namespaces, source.serviceAccounts, source.trustDomains].some(isSet)
}

export function isSet(values: Values): boolean {
  return values.in.length > 0 || values.notIn.length > 0
}

function actionOf(action: string | undefined): AuthorizationAction {
  return action === 'DENY' || action === 'AUDIT' || action === 'CUSTOM' ? action : 'ALLOW'
}

function readRule(rule: JsonObject, path: Path): AuthorizationRule {
  return {
    from: partsOf(rule, 'from').map(([index, part]) =>
      readSource(record(part['source']), [...path, 'from', index, 'source']),
    ),
    to: partsOf(rule, 'to').map(([index, part]) =>
      readOperation(record(part['operation']), [...path, 'to', index, 'operation']),
    ),
    when: entries(rule['when']).map(([index, part]) => ({
      key: text(part['key']) ?? '',
      in: stringsOf(part['values']),
      notIn: stringsOf(part['notValues']),
      path: [...path, 'when', index],
    })),
    path,
  }
}

function partsOf(rule: JsonObject, field: string): readonly (readonly [number, JsonObject])[] {
  return list(rule[field]).map((part, index) => [index, isRecord(part) ? part : {}] as const)
}

function readSource(source: JsonObject, path: Path): Source {
  return {
    principals: valuesOf(source, 'principals'),
    namespaces: valuesOf(source, 'namespaces'),
    serviceAccounts: valuesOf(source, 'serviceAccounts'),
    trustDomains: valuesOf(source, 'trustDomains'),
    requestPrincipals: valuesOf(source, 'requestPrincipals'),
    ipBlocks: valuesOf(source, 'ipBlocks'),
    remoteIpBlocks: valuesOf(source, 'remoteIpBlocks'),
    path,
  }
}

function readOperation(operation: JsonObject, path: Path): Operation {
  return {
    hosts: valuesOf(operation, 'hosts'),
    ports: valuesOf(operation, 'ports'),
    methods: valuesOf(operation, 'methods'),
    paths: valuesOf(operation, 'paths'),
    path,
  }
}

function valuesOf(part: JsonObject, field: string): Values {
  const negated = `not${field.charAt(0).toUpperCase()}${field.slice(1)}`
  return {in: stringsOf(part[field]), notIn: stringsOf(part[negated])}
}

/** Ports are often written as numbers, though only strings are valid. */
function stringsOf(value: Json | undefined): readonly string[] {
  return texts(list(value).map(item => (typeof item === 'number' ? String(item) : item)))
}
