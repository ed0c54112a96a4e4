import type {
  IdempotentOperation as Declared,
  RuleOverride,
  RuleSetting,
  SeverityOrOff,
  VetConfig,
} from '../config/settings.ts'
import type {KubeObject} from '../objects/object.ts'
import {matchesGlob} from './glob.ts'
import type {Params, Rule} from './rule.ts'

export type {RuleSetting, SeverityOrOff} from '../config/settings.ts'

/** The part of meshctl.yaml that `vet` reads. */
export type VetSettings = Partial<Pick<VetConfig, 'rules' | 'overrides'>>

export type IdempotentOperation = Omit<Declared, 'path'>

/** The severity that is set for a rule, under its own or a former id; undefined where nothing is set. */
export function severityOf(
  rule: Pick<Rule, 'id' | 'formerIds'>,
  settings: VetSettings,
): SeverityOrOff | undefined {
  const setting = settingOf(rule, settings)
  return typeof setting === 'string' ? setting : setting?.severity
}

/** The rule's options: those set where their type is that of the default, else the default. */
export function paramsOf(
  rule: Rule,
  settings: VetSettings,
  idempotent: readonly IdempotentOperation[] = [],
): Params {
  const setting = settingOf(rule, settings)
  const given = typeof setting === 'object' ? (setting.options ?? {}) : {}
  const result: Record<string, Params[string]> = {...rule.params}
  for (const [name, fallback] of Object.entries(rule.params)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (sameType(value, fallback)) result[name] = value
  }
  const list = result['idempotent']
  if (Array.isArray(list))
    result['idempotent'] = [...(list as readonly string[]), ...idempotent.flatMap(asParam)]
  return result
}

/** `shop/orders` for all its requests, `shop/orders POST` for one method; a path alone says too little of a route. */
function asParam({service, methods, paths}: IdempotentOperation): readonly string[] {
  if (paths !== null) return []
  const name = service.replace(/:\d+$/, '')
  return methods === null ? [name] : methods.map(method => `${name} ${method.toUpperCase()}`)
}

function sameType(value: unknown, fallback: Params[string]): value is Params[string] {
  if (Array.isArray(fallback)) return Array.isArray(value) && value.every(item => typeof item === 'string')
  return typeof value === typeof fallback
}

function settingOf(rule: Pick<Rule, 'id' | 'formerIds'>, settings: VetSettings): RuleSetting | undefined {
  const rules = settings.rules ?? {}
  const id = [rule.id, ...rule.formerIds].find(one => Object.hasOwn(rules, one))
  return id === undefined ? undefined : rules[id]
}

/** The last override that names a rule and matches an object: later ones are the more particular ones. */
export function overrideFor(
  ids: readonly string[],
  object: KubeObject,
  settings: VetSettings,
): {readonly severity: SeverityOrOff; readonly override: RuleOverride} | null {
  const found = (settings.overrides ?? []).findLast(
    override => ids.some(id => Object.hasOwn(override.rules, id)) && covers(override, object),
  )
  if (found === undefined) return null
  const id = ids.find(one => Object.hasOwn(found.rules, one))
  const severity = id === undefined ? undefined : found.rules[id]
  return severity === undefined ? null : {severity, override: found}
}

function covers(override: RuleOverride, object: KubeObject): boolean {
  const {namespace, kind, name} = object.id
  return (
    matchesAny(override.paths, object.source?.file ?? '') &&
    matchesAny(override.namespaces, namespace) &&
    matchesAny(override.kinds, kind) &&
    matchesAny(override.names, name)
  )
}

function matchesAny(patterns: readonly string[] | undefined, value: string): boolean {
  return patterns === undefined || patterns.some(pattern => matchesGlob(pattern, value))
}
