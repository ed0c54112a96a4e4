import {readdirSync, realpathSync, statSync} from 'node:fs'
import {basename, dirname, join, resolve, sep} from 'node:path'
import {kustomizationNames, readKustomizationFile} from './kustomize.ts'
import {problemOf, reason, unreadable} from './read-problem.ts'
import type {ReadProblem} from './object.ts'

export interface Found {
  /** In a fixed order: the entries of a directory by name, a directory's files where its name stands. */
  readonly files: readonly string[]
  readonly problems: readonly ReadProblem[]
  /** Whether the path was a directory, whose unreadable files are problems and not the end. */
  readonly directory: boolean
}

interface Walk {
  readonly root: string
  readonly files: string[]
  readonly problems: ReadProblem[]
  /** Files that a kustomization names as patches: each is a part of an object, and none itself. */
  readonly patches: Set<string>
  /** Real paths of the directories above, and of those done: links must not lead round, nor twice to one place. */
  readonly seen: Set<string>
}

/**
 * The files to read for a path: itself, or every manifest below it. Synchronous, as the command has nothing else to do:
 * awaiting ten thousand small files one by one takes ten times as long.
 */
export function findFiles(path: string): Found {
  const found = orUnreadable(path, () => statSync(path))
  if (!found.isDirectory()) return findFile(path)
  const walk: Walk = {root: resolve(path), files: [], problems: [], patches: new Set(), seen: new Set()}
  const names = orUnreadable(path, () => readdirSync(path))
  walk.seen.add(realpathSync(path))
  readEntries(walk, path, names)
  const files = walk.files.filter(file => !walk.patches.has(resolve(file)))
  return {files, problems: walk.problems, directory: true}
}

/** A file that only says how manifests are made holds none: what makes them is named instead. */
function findFile(path: string): Found {
  const name = basename(path)
  if (name === 'Chart.yaml') return {files: [], problems: [chartProblem(dirname(path))], directory: false}
  if (kustomizationNames.includes(name))
    return {
      files: [],
      problems: [kustomizationProblem(dirname(path), name, 'which names manifests, and holds none')],
      directory: false,
    }
  return {files: isOwnConfig(path) ? [] : [path], problems: [], directory: false}
}

function orUnreadable<Value>(path: string, read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    throw unreadable(path, error)
  }
}

function readDirectory(walk: Walk, directory: string): void {
  try {
    const real = realpathSync(directory)
    if (walk.seen.has(real)) return
    walk.seen.add(real)
    readEntries(walk, directory, readdirSync(directory))
  } catch (error) {
    walk.problems.push(
      problemOf('unreadable-file', `the directory can't be read: ${reason(error)}`, directory),
    )
  }
}

function readEntries(walk: Walk, directory: string, names: readonly string[]): void {
  const chart = names.includes('Chart.yaml')
  if (chart) walk.problems.push(chartProblem(directory))
  const kustomization = kustomizationNames.find(name => names.includes(name))
  if (kustomization !== undefined) readKustomization(walk, directory, kustomization)
  for (const name of [...names].sort(byCodeUnits)) {
    if (name.startsWith('.') || name === 'node_modules' || (chart && chartParts.has(name))) continue
    readEntry(walk, join(directory, name), name)
  }
}

function readEntry(walk: Walk, path: string, name: string): void {
  try {
    const found = statSync(path)
    if (found.isDirectory()) readDirectory(walk, path)
    else if (found.isFile() && isManifest(name)) walk.files.push(path)
  } catch (error) {
    if (isManifest(name))
      walk.problems.push(problemOf('unreadable-file', `the file can't be read: ${reason(error)}`, path))
  }
}

/** A base is read as it is written; that patches change it shows only once it is built, which is said. */
function readKustomization(walk: Walk, directory: string, name: string): void {
  const {patches, changes, resources} = readKustomizationFile(join(directory, name))
  for (const patch of patches) walk.patches.add(resolve(directory, patch))
  const outside = resources.find(
    resource => resource.includes('://') || !isBelow(walk.root, resolve(directory, resource)),
  )
  const why =
    patches.length > 0
      ? 'with patches, which are not applied until it is built'
      : changes !== undefined
        ? `with ${changes}, which changes objects once it is built`
        : outside !== undefined
          ? `with ${outside}, which lies elsewhere and is read once it is built`
          : undefined
  if (why !== undefined) walk.problems.push(kustomizationProblem(directory, name, why))
}

function kustomizationProblem(directory: string, name: string, why: string): ReadProblem {
  const problem = problemOf('unrendered-template', `a kustomization ${why}`, join(directory, name))
  return {...problem, try: `kustomize build ${directory} | meshctl vet -`, severity: 'warning'}
}

function isBelow(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
}

/** What of a chart makes sense only once it is rendered; `crds/` is plain YAML and read. */
const chartParts = new Set([
  'Chart.yaml',
  'Chart.lock',
  'templates',
  'charts',
  'requirements.yaml',
  'values.yaml',
  'values.schema.json',
  'ci',
])

function chartProblem(directory: string): ReadProblem {
  const problem = problemOf(
    'unrendered-template',
    `a Helm chart, whose templates are not read until they are rendered`,
    join(directory, 'Chart.yaml'),
  )
  return {...problem, try: `helm template ${directory} | meshctl vet -`, severity: 'warning'}
}

/** Files below a directory that may hold objects; meshctl's own and kustomize's configuration hold none. */
export function isManifest(name: string): boolean {
  return /\.(ya?ml|json)$/i.test(name) && !notObjects.has(basename(name).toLowerCase())
}

function isOwnConfig(path: string): boolean {
  return basename(path) === 'meshctl.yaml' || basename(path) === 'meshctl.yml'
}

const notObjects = new Set([
  'meshctl.yaml',
  'meshctl.yml',
  'kustomization.yaml',
  'kustomization.yml',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
])

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
