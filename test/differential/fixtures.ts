import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {record, text} from '../../src/objects/json.ts'
import type {JsonObject, KubeObject} from '../../src/objects/object.ts'
import type {Truth} from './compare.ts'
import type {Shrunk} from './shrink.ts'

/** A mesh whose prediction was wrong once, with what was found: replayed without a cluster. */
export interface Fixture {
  readonly seed: number
  readonly edge: string
  readonly found: Truth
  readonly objects: readonly JsonObject[]
}

export const fixtureDirectory = join(import.meta.dirname, 'fixtures')

/** Writes a shrunk mismatch down; its pods are left out, since what is injected follows from the other objects. */
export async function writeFixture(
  seed: number,
  edge: string,
  {trial}: Shrunk,
  namespaces: readonly string[],
): Promise<string> {
  const mismatch = trial.mismatches.find(one => one.edge === edge)
  if (mismatch === undefined || mismatch.truth === null) throw new Error(`${edge} does not mismatch`)
  const objects = fixtureObjects(trial.capture.objects, namespaces)
  const fixture: Fixture = {seed, edge, found: mismatch.truth, objects}
  await mkdir(fixtureDirectory, {recursive: true})
  const file = join(fixtureDirectory, `seed-${seed}.json`)
  await writeFile(file, `${JSON.stringify(fixture, null, 1)}\n`)
  return file
}

/** The objects of a mesh that decide about its edges, as a manifest would have them. */
export function fixtureObjects(
  objects: readonly KubeObject[],
  namespaces: readonly string[],
): readonly JsonObject[] {
  const places = new Set([...namespaces, 'istio-system'])
  return objects.filter(object => isPart(object, places)).map(object => bare(object.value))
}

const policyGroups = /^(networking|security)\.istio\.io\//
const builtIn = ['Namespace', 'Service', 'Deployment']

function isPart({id}: KubeObject, places: ReadonlySet<string>): boolean {
  if (id.namespace === 'istio-system')
    return policyGroups.test(id.apiVersion) || (id.kind === 'ConfigMap' && id.name === 'istio')
  if (id.kind === 'Namespace') return places.has(id.name)
  return places.has(id.namespace) && (builtIn.includes(id.kind) || policyGroups.test(id.apiVersion))
}

/** Without what the server adds, but for the age, which decides between rivals. */
function bare(value: JsonObject): JsonObject {
  const {name, namespace, labels, annotations, creationTimestamp} = record(value['metadata'])
  const {status: _, ...rest} = value
  const notes = Object.entries(record(annotations)).filter(
    ([key]) => !key.startsWith('kubectl.kubernetes.io/') && !key.startsWith('deployment.kubernetes.io/'),
  )
  const metadata = {
    name,
    ...(text(namespace) === undefined ? {} : {namespace}),
    labels,
    annotations: Object.fromEntries(notes),
    creationTimestamp,
  }
  return JSON.parse(JSON.stringify({...rest, metadata})) as JsonObject
}
