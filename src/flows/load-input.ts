import {readFileSync} from 'node:fs'

import {MeshctlError} from '../cli/error.ts'
import {loadConfig} from '../config/config.ts'
import type {Config} from '../config/config.ts'
import {buildMesh} from '../mesh/build.ts'
import type {ClientDeclaration, Mesh, MeshOptions, ObservedCall} from '../mesh/mesh.ts'
import {loadPaths} from '../objects/load.ts'
import type {KubeObject, ReadProblem} from '../objects/object.ts'
import {overlay} from '../objects/overlay.ts'
import {inputWords} from './input-words.ts'
import type {InputFlags} from './input-words.ts'
import {istioMinor} from './istio-version.ts'
import {loadCluster} from './load-cluster.ts'
import type {ClusterInput, LiveCluster} from './load-cluster.ts'
import type {ServerSeen} from './look-at-servers.ts'
import {platformAssumption, platformClients} from './platform-clients.ts'

export type {InputFlags} from './input-words.ts'

/** What a command works on: objects, the mesh that they make, and how it was asked for. */
export interface Input {
  readonly from: readonly string[]
  readonly files: readonly string[]
  readonly objects: readonly KubeObject[]
  /** The objects of `--base`, on their own. */
  readonly base: readonly KubeObject[]
  /** Where the objects were read from live; null for files. */
  readonly cluster: LiveCluster | null
  readonly problems: readonly ReadProblem[]
  readonly config: Config
  readonly mesh: Mesh
  readonly options: MeshOptions
  /** What is taken for granted because the input does not say. */
  readonly assumptions: readonly string[]
  readonly namespaces: readonly string[]
  /** What was seen at servers of the live mesh, where somebody looked. */
  readonly observed: readonly ServerSeen[]
  /** The flags that give this input again. */
  readonly reproduce: readonly string[]
  /** The mesh that other objects would make, on the same terms; with calls that were seen where they are given. */
  rebuild(objects: readonly KubeObject[], observed?: readonly ObservedCall[]): Mesh
  /** The same input as it is by now. */
  reload(): Promise<Input>
  /** Throws where something could not be read, for what must not work on a part. */
  refuseProblems(problems: readonly ReadProblem[]): void
}

export interface LoadContext {
  readonly cwd: string
  /** Providers that the user says exist. */
  readonly declaredProviders?: readonly string[]
  /** Input of which nothing can be read has findings, rather than being no input. */
  readonly problemsAreFindings?: boolean
}

/** Reads objects from files, or else from a cluster, lays them over the base where there is one, and builds the mesh. */
export async function loadInput(flags: InputFlags, context: LoadContext): Promise<Input> {
  const from = flags.from ?? []
  const config = await loadConfig({file: flags.config, from, cwd: context.cwd})
  const live = from.length === 0 && flags.base === undefined ? await loadCluster(flags) : null
  const loaded = live === null ? await loadPaths(from) : {objects: live.objects, problems: [], files: []}
  refuseEmptyPipe(loaded)
  const base = flags.base === undefined ? [] : await readBase(flags.base)
  if (context.problemsAreFindings !== true) refuseNothing(loaded, base)
  const objects = base.length === 0 ? loaded.objects : overlay(base, loaded.objects)
  const platform = platformClients(objects, config.clients)
  const options = meshOptions(flags, config, {...context, problems: loaded.problems, live, platform})
  const rebuild = (changed: readonly KubeObject[], observed: readonly ObservedCall[] = []): Mesh =>
    buildMesh(changed, {...options, observed})
  const mesh = rebuild(objects)
  if (flags['require-complete'] === true) refuseGaps(mesh, loaded.problems)
  return {
    from,
    files: loaded.files,
    objects,
    base,
    cluster: live?.cluster ?? null,
    problems: loaded.problems,
    config,
    mesh,
    options,
    assumptions: [
      ...(live === null ? mesh.assumptions : liveAssumptions(mesh)),
      ...(platform.length === 0 ? [] : [platformAssumption]),
    ],
    namespaces: flags.namespace ?? [],
    observed: [],
    reproduce: inputWords(flags),
    rebuild,
    reload: () => loadInput(flags, context),
    refuseProblems,
  }
}

/** Of a cluster that was read whole nothing is missing; the mesh cannot tell, since it does not hold every kind there is. */
function liveAssumptions({assumptions, gaps}: Mesh): readonly string[] {
  const ofParts = (text: string): boolean => text.startsWith('the input may hold a part')
  return assumptions.filter(text => gaps.length > 0 || !ofParts(text))
}

interface OptionsContext extends LoadContext {
  readonly problems: readonly ReadProblem[]
  readonly live: ClusterInput | null
  readonly platform: readonly ClientDeclaration[]
}

function meshOptions(
  flags: InputFlags,
  config: Config,
  {declaredProviders = [], problems, live, platform}: OptionsContext,
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
    complete: live?.complete ?? (flags.complete === true ? ['*'] : (config.complete ?? [])),
    clients: [...config.clients, ...platform],
    declaredProviders: [...config.providers, ...declaredProviders],
    problems,
    gaps: live?.gaps ?? [],
    now: new Date().toISOString(),
  }
}

async function readBase(file: string): Promise<readonly KubeObject[]> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
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

/** A command that failed before the pipe must not pass for a mesh without faults. */
function refuseEmptyPipe({
  objects,
  problems,
  files,
}: {
  readonly objects: readonly KubeObject[]
  readonly problems: readonly ReadProblem[]
  readonly files: readonly string[]
}): void {
  if (!files.includes('-')) return
  if (objects.some(({source}) => source?.file === '-') || problems.some(({file}) => file === '-')) return
  throw new MeshctlError('nothing-readable', 'Standard input holds no Kubernetes object.', {
    try: [
      'Run the command before the pipe on its own, and look at what it prints.',
      'helm template CHART | meshctl vet -',
      'kustomize build DIR | meshctl vet -',
    ],
    found: '-',
  })
}

/** Nothing but problems is no input; a directory without objects is one, with nothing in it. */
function refuseNothing(
  loaded: {objects: readonly KubeObject[]; problems: readonly ReadProblem[]},
  base: readonly KubeObject[],
): void {
  const [first] = loaded.problems.filter(hidesSomething)
  if (loaded.objects.length > 0 || base.length > 0 || first === undefined) return
  throw new MeshctlError('nothing-readable', `Nothing could be read: ${first.message}.`, {
    try: [first.try],
    file: first.file,
    line: first.line,
    column: first.column,
    data: {problems: loaded.problems},
  })
}

/** What is only worth a warning hides no object: a repository may hold templates that are rendered elsewhere. */
function hidesSomething({severity}: ReadProblem): boolean {
  return severity !== 'warning'
}

export function refuseProblems(all: readonly ReadProblem[]): void {
  const problems = all.filter(hidesSomething)
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

/** For those who would rather have no answer than one on a part (`--require-complete`). */
function refuseGaps({gaps}: Mesh, problems: readonly ReadProblem[]): void {
  const missing = [
    ...gaps.map(
      ({kind, namespace, reason}) => `${kind}${namespace === '' ? '' : ` in ${namespace}`}: ${reason}`,
    ),
    ...problems.map(({file, line, message}) => `${file}:${line}: ${message}`),
  ]
  if (missing.length === 0) return
  throw new MeshctlError('incomplete', `Not everything could be read.\n  ${missing.join('\n  ')}`, {
    try: ['Without --require-complete the answer is given, and says what it lacks.'],
    data: {gaps, problems},
  })
}
