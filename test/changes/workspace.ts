import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import type {TestContext} from 'node:test'
import type {Change, ChangeSet} from '../../src/changes/change-set.ts'
import {idOf} from '../../src/objects/identity.ts'
import {loadPaths} from '../../src/objects/load.ts'
import type {JsonObject, KubeObject} from '../../src/objects/object.ts'

export type Tree = Readonly<Record<string, string>>

/** A directory with these files, gone after the test. */
export function workspace(t: TestContext, files: Tree = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'meshctl-changes-'))
  t.after(() => rmSync(dir, {recursive: true, force: true}))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), {recursive: true})
    writeFileSync(join(dir, name), text)
  }
  return dir
}

/** Every file below a directory with its text, temporary ones too. */
export function treeOf(dir: string): Tree {
  const entries = readdirSync(dir, {recursive: true, withFileTypes: true}).filter(entry => entry.isFile())
  return Object.fromEntries(
    entries
      .map(entry => join(entry.parentPath, entry.name))
      .sort()
      .map(path => [path.slice(dir.length + 1), readFileSync(path, 'utf8')]),
  )
}

export async function load(...paths: readonly string[]): Promise<readonly KubeObject[]> {
  const {objects, problems} = await loadPaths(paths)
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  return objects
}

export function named(objects: readonly KubeObject[], name: string): KubeObject {
  const found = objects.find(object => object.id.name === name)
  if (found === undefined) throw new Error(`no object ${name}`)
  return found
}

export function setOf(...changes: readonly Change[]): ChangeSet {
  return {phases: [{title: 'One step', changes}], notes: []}
}

export function update(before: KubeObject, edit: (value: any) => void): Change {
  const after = structuredClone(before.value)
  edit(after)
  return {action: 'update', id: before.id, before, after, reason: 'it is a test'}
}

export function remove(before: KubeObject): Change {
  return {action: 'delete', id: before.id, before, reason: 'it is a test'}
}

export function create(after: JsonObject, yaml?: string): Change {
  const id = idOf(after)
  if (id === undefined) throw new Error('no identity')
  return {action: 'create', id, after, reason: 'it is a test', ...(yaml !== undefined && {yaml})}
}

export function strict(namespace: string, name: string, mode = 'STRICT'): JsonObject {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: {name, namespace},
    spec: {mtls: {mode}},
  }
}
