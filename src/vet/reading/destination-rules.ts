import {entries, isRecord, record, text} from '../../objects/json.ts'
import type {JsonObject, KubeObject, Path} from '../../objects/object.ts'

/** A block of traffic settings in a DestinationRule: of the rule, of a port, of a subset, of a subset's port. */
export interface PolicyBlock {
  readonly value: JsonObject
  readonly path: Path
  readonly subset: string | null
}

/** Objects are frozen, and many rules ask for the same blocks. */
const known = new WeakMap<KubeObject, readonly PolicyBlock[]>()

export function policyBlocks(rule: KubeObject): readonly PolicyBlock[] {
  const blocks = known.get(rule) ?? readBlocks(rule)
  known.set(rule, blocks)
  return blocks
}

function readBlocks(rule: KubeObject): readonly PolicyBlock[] {
  const spec = record(rule.value['spec'])
  const subsets = entries(spec['subsets']).flatMap(([index, subset]) =>
    blocksBelow(subset, ['spec', 'subsets', index], text(subset['name']) ?? null),
  )
  return [...blocksBelow(spec, ['spec'], null), ...subsets]
}

function blocksBelow(holder: JsonObject, path: Path, subset: string | null): readonly PolicyBlock[] {
  const policy = holder['trafficPolicy']
  if (!isRecord(policy)) return []
  const place: Path = [...path, 'trafficPolicy']
  const ports = entries(policy['portLevelSettings']).map(([index, value]) => ({
    value,
    path: [...place, 'portLevelSettings', index],
    subset,
  }))
  return [{value: policy, path: place, subset}, ...ports]
}

/** The host that a rule is for, as written. */
export function ruleHost(rule: KubeObject): string {
  return text(record(rule.value['spec'])['host']) ?? ''
}
