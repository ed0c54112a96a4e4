import {mkdir, readFile, readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {gunzipSync, gzipSync} from 'node:zlib'
import {buildMesh} from '../../src/mesh/build.ts'
import type {Mesh} from '../../src/mesh/mesh.ts'
import type {KubeObject} from '../../src/objects/object.ts'
import type {GivenConfiguration} from '../testbed/xds/ask.ts'
import type {PlannedCall} from './calls.ts'
import {compare, oraclePods} from './compare.ts'
import type {Comparison} from './compare.ts'

/** One mesh as a real istiod had it: with it a comparison can be made again, after the simulator has changed. */
export interface Capture {
  readonly namespaces: readonly string[]
  readonly calls: readonly PlannedCall[]
  readonly objects: readonly KubeObject[]
  /** What istiod gave each proxy. */
  readonly given: readonly GivenConfiguration[]
}

export function meshOf({objects}: Capture): Mesh {
  return buildMesh(objects, {complete: ['*']})
}

export function compareCapture(capture: Capture): Comparison {
  const {namespaces, calls, objects, given} = capture
  const pods = objects.filter(one => one.id.kind === 'Pod' && namespaces.includes(one.id.namespace))
  const values = pods.map(pod => pod.value)
  return compare({mesh: meshOf(capture), namespaces, calls, pods: oraclePods(values, given)})
}

export async function keepCapture(directory: string, seed: number, capture: Capture): Promise<void> {
  await mkdir(directory, {recursive: true})
  await writeFile(fileOf(directory, seed), gzipSync(JSON.stringify(capture)))
}

export async function keptCapture(directory: string, seed: number): Promise<Capture> {
  return JSON.parse(gunzipSync(await readFile(fileOf(directory, seed))).toString()) as Capture
}

/** The seeds whose meshes a directory keeps, in order. */
export async function keptSeeds(directory: string): Promise<readonly number[]> {
  const names = await readdir(directory)
  return names
    .filter(name => name.endsWith(ending))
    .map(name => Number(name.slice(0, -ending.length)))
    .sort((a, b) => a - b)
}

const ending = '.json.gz'

function fileOf(directory: string, seed: number): string {
  return join(directory, `${seed}${ending}`)
}
