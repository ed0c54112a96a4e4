import type {ObjectId} from '../../objects/object.ts'

/** `default/reviews`, or the bare name of a cluster-scoped object. */
export function nameOf(id: Pick<ObjectId, 'namespace' | 'name'>): string {
  return id.namespace === '' ? id.name : `${id.namespace}/${id.name}`
}

/** `a`, `a and b`, `a, b and 3 more`: names for a message. */
export function listed(names: readonly string[], most = 3): string {
  const distinct = [...new Set(names)]
  if (distinct.length > most)
    return `${distinct.slice(0, most - 1).join(', ')} and ${distinct.length - most + 1} more`
  const last = distinct.at(-1) ?? ''
  return distinct.length < 2 ? last : `${distinct.slice(0, -1).join(', ')} and ${last}`
}
