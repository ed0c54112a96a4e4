import {readFile} from 'node:fs/promises'

import {MeshctlError} from '../cli/error.ts'
import {loadConfig} from '../config/config.ts'
import type {Config} from '../config/config.ts'
import {buildMesh} from '../mesh/build.ts'
import type {Mesh, MeshOptions} from '../mesh/mesh.ts'
import {loadPaths} from '../objects/load.ts'
import type {KubeObject, ReadProblem} from '../objects/object.ts'
import {overlay} from '../objects/overlay.ts'
import {inputWords} from './input-words.ts'
import type {InputFlags} from './input-words.ts'
import {istioMinor} from './istio-version.ts'

export type {InputFlags} from './input-words.ts'

/** What a command works on: objects, the mesh that they make, and how it was asked for. */
export interface Input {
  readonly from: readonly string[]
  readonly files: readonly string[]
  readonly objects: readonly KubeObject[]
  /** The objects of `--base`, on their own. */
  readonly base: readonly KubeObject[]
  readonly problems: readonly ReadProblem[]
  readonly config: Config
  readonly mesh: Mesh
  readonly options: MeshOptions
  readonly namespaces: readonly string[]
  /** The flags that give this input again. */
  readonly reproduce: readonly string[]
  /** The mesh that other objects would make, on the same terms. */
  rebuild(objects: readonly KubeObject[]): Mesh
  /** Throws where something could not be read, for what must not work on a part. */
  refuseProblems(problems: readonly ReadProblem[]): void
}

export interface LoadContext {
  /** The command, for the lines that say what to type. */
  readonly command: string
  readonly cwd: string
  /** Providers that the user says exist. */
  readonly declaredProviders?: readonly string[]
  /** Input of which nothing can be read has findings, rather than being no input. */
  readonly problemsAreFindings?: boolean
}

/** Reads objects, lays them over the base where there is one, and builds the mesh. */
export async function loadInput(
  flags: InputFlags,
  {command, cwd, declaredProviders = [], problemsAreFindings = false}: LoadContext,
): Promise<Input> {
  const from = flags.from ?? []
  if (from.length === 0 && flags.base === undefined) throw noCluster(command)
  const config = await loadConfig({file: flags.config, from, cwd})
  const loaded = await loadPaths(from)
  const base = flags.base === undefined ? [] : await readBase(flags.base)
  if (!problemsAreFindings) refuseNothing(loaded, base)
  const objects = base.length === 0 ? loaded.objects : overlay(base, loaded.objects)
  const options = meshOptions(flags, config, declaredProviders, loaded.problems)
  const rebuild = (changed: readonly KubeObject[]): Mesh => buildMesh(changed, options)
  return {
    from,
    files: loaded.files,
    objects,
    base,
    problems: loaded.problems,
    config,
    mesh: rebuild(objects),
    options,
    namespaces: flags.namespace ?? [],
    reproduce: inputWords(flags),
    rebuild,
    refuseProblems,
  }
}

function meshOptions(
  flags: InputFlags,
  config: Config,
  declaredProviders: readonly string[],
  problems: readonly ReadProblem[],
): MeshOptions {
  const given = flags['istio-version']
  const istioVersion =
    given !== undefined
      ? {minor: istioMinor(given), source: 'flag' as const}
      : config.istioVersion !== null
        ? {minor: config.istioVersion, source: 'config' as const}
        : null
  return {
    ...(istioVersion !== null && {istioVersion}),
    complete: flags.complete === true ? ['*'] : (config.complete ?? []),
    clients: config.clients,
    declaredProviders: [...config.providers, ...declaredProviders],
    problems,
  }
}

async function readBase(file: string): Promise<readonly KubeObject[]> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new MeshctlError('unreadable-path', `The base ${file} cannot be read.`, {
      try: ['meshctl snapshot --from DIR -o FILE'],
      found: file,
      file,
      cause,
    })
  }
  const {readSnapshot} = await import('../objects/snapshot.ts')
  return readSnapshot(text, file).objects
}

/** Nothing but problems is no input; a directory without objects is one, with nothing in it. */
function refuseNothing(
  loaded: {objects: readonly KubeObject[]; problems: readonly ReadProblem[]},
  base: readonly KubeObject[],
): void {
  const [first] = loaded.problems
  if (loaded.objects.length > 0 || base.length > 0 || first === undefined) return
  throw new MeshctlError('nothing-readable', `Nothing could be read: ${first.message}.`, {
    try: [first.try],
    file: first.file,
    line: first.line,
    column: first.column,
    data: {problems: loaded.problems},
  })
}

export function refuseProblems(problems: readonly ReadProblem[]): void {
  const [first] = problems
  if (first === undefined) return
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`
  throw new MeshctlError(
    'invalid-input',
    `Not all of the input could be read, so nothing is planned on it: ${first.message}${more}.`,
    {
      try: [first.try, 'meshctl vet PATH lists every such place.'],
      file: first.file,
      line: first.line,
      column: first.column,
      data: {problems},
    },
  )
}

function noCluster(command: string): MeshctlError {
  return new MeshctlError('no-cluster', 'This version of meshctl reads manifests, not yet a live cluster.', {
    try: [`meshctl ${command} --from DIR`],
  })
}
