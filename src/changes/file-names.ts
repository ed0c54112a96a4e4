import {groupOf} from '../objects/kinds.ts'
import type {ObjectId} from '../objects/object.ts'
import {sha256} from '../objects/sha256.ts'

/** The file of a new object, relative to the directory that is written to: `bookinfo/peerauthentication-reviews.yaml`. */
export function newFileName(id: ObjectId): string {
  return `${directoryOf(id)}/${safe(`${id.kind}-${id.name}`)}.yaml`
}

/** The same with the kind's group, for where a kind of another group has taken the name (there are two Gateways). */
export function longFileName(id: ObjectId): string {
  return `${directoryOf(id)}/${safe(`${id.kind}.${groupOf(id.apiVersion)}-${id.name}`)}.yaml`
}

function directoryOf(id: ObjectId): string {
  return id.namespace === '' ? 'cluster' : safe(id.namespace)
}

/** As long as a file's name may be almost everywhere, less room for its ending and that of a temporary file. */
const maxLength = 200

/**
 * A name that is safe as the name of a file, whatever the object is called: never a path, never hidden, never too long.
 * Where characters had to go, a hash keeps two names apart.
 */
function safe(name: string): string {
  const lower = name.toLowerCase()
  const plain = lower
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, maxLength)
  if (plain === lower) return plain
  const hash = sha256(name).slice(0, 8)
  return plain === '' ? hash : `${plain}-${hash}`
}
