import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, dirname, isAbsolute, join, relative, resolve, sep} from 'node:path'

import {MeshctlError} from '../cli/error.ts'
import {kustomizationNames} from '../objects/kustomize.ts'
import {loadPaths} from '../objects/load.ts'
import type {Loaded} from '../objects/load.ts'

export interface Revision {
  /** As it was asked for. */
  readonly name: string
  readonly commit: string
}

/** The commit that a name stands for. */
export function revision(name: string, cwd: string): Revision {
  const commit = git(
    cwd,
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`],
    () => {
      throw new MeshctlError('unknown-name', `git knows no commit ${name} here.`, {
        try: [
          'git log --oneline',
          'git fetch --unshallow, where only a part of the history was cloned (actions/checkout: fetch-depth: 0)',
        ],
        found: name,
      })
    },
  )
  return {name, commit: commit.toString('utf8').trim()}
}

/**
 * What the paths held at a revision, read as the same paths are read from a disk: charts, kustomizations and other files
 * by the same rules. It comes from git's own store; what is checked out is neither used nor touched. `label` names a
 * file for the reader, from its path as it would be given today and its path in the repository.
 */
export async function loadRevision(
  {commit}: Revision,
  from: readonly string[],
  {cwd, label}: {readonly cwd: string; label(given: string, inRepository: string): string},
): Promise<Loaded> {
  const root = git(cwd, ['rev-parse', '--show-toplevel']).toString('utf8').trim()
  const paths = from.filter(path => path !== '-').map(path => ({path, inside: insideOf(root, cwd, path)}))
  const copy = mkdtempSync(join(tmpdir(), 'meshctl-revision-'))
  try {
    const written = checkOut(commit, {root, copy, paths: paths.map(({inside}) => inside)})
    const there = paths.filter(({inside}) => holds(written, inside))
    const loaded = await loadPaths(there.map(({inside}) => join(copy, inside)))
    const named = (file: string): string => {
      const inRepository = relative(copy, file)
      const asked = there.find(({inside}) => isWithin(inside, inRepository))
      if (asked === undefined) return inRepository
      const below = relative(asked.inside, inRepository)
      return label(below === '' ? asked.path : join(asked.path, below), inRepository)
    }
    return relabelled(loaded, copy, named)
  } finally {
    rmSync(copy, {recursive: true, force: true})
  }
}

interface Checkout {
  readonly root: string
  readonly copy: string
  readonly paths: readonly string[]
}

/** Writes what may matter of a tree into an empty directory, and gives the paths written. */
function checkOut(commit: string, {root, copy, paths}: Checkout): readonly string[] {
  if (paths.length === 0) return []
  const listed = git(root, ['ls-tree', '-r', '-z', '--full-tree', commit, '--', ...paths]).toString('utf8')
  const files = listed.split('\0').flatMap(line => {
    const [, mode, blob, path] = /^(\d+) blob (\w+)\t(.*)$/s.exec(line) ?? []
    const known = mode !== undefined && mode !== '120000' && blob !== undefined && path !== undefined
    return known && matters(path, paths) && staysInside(copy, path) ? [{path, blob}] : []
  })
  for (const [index, content] of contentsOf(
    files.map(({blob}) => blob),
    root,
  ).entries()) {
    const target = join(copy, files[index]?.path ?? '')
    mkdirSync(dirname(target), {recursive: true})
    writeFileSync(target, content)
  }
  return files.map(({path}) => path)
}

/** What reading a directory looks at, and files named one by one. */
function matters(path: string, asked: readonly string[]): boolean {
  return /\.(ya?ml|json)$/i.test(path) || kustomizationNames.includes(basename(path)) || asked.includes(path)
}

function staysInside(directory: string, path: string): boolean {
  return resolve(directory, path).startsWith(directory + sep)
}

function holds(written: readonly string[], inside: string): boolean {
  return written.some(path => isWithin(inside, path))
}

function isWithin(directory: string, path: string): boolean {
  return directory === '.' || path === directory || path.startsWith(directory + sep)
}

/** Where a path given lies in the repository. */
function insideOf(root: string, cwd: string, given: string): string {
  // git answers with the real path, and the working directory may be known by a link.
  const real = git(cwd, ['rev-parse', '--show-prefix']).toString('utf8').trim()
  const path = isAbsolute(given) ? relative(cwd, given) : given
  const inside = relative(root, resolve(root, real, path))
  if (!inside.startsWith('..') && !isAbsolute(inside)) return inside === '' ? '.' : inside
  throw new MeshctlError('invalid-value', `${resolve(cwd, given)} lies outside the repository ${root}.`, {
    try: ['Name paths inside it with --from.'],
    found: given,
  })
}

/** All blobs by one process of git: their contents follow each other, each behind a line with its length. */
function contentsOf(blobs: readonly string[], cwd: string): readonly Buffer[] {
  if (blobs.length === 0) return []
  const answer = git(cwd, ['cat-file', '--batch'], undefined, blobs.map(blob => `${blob}\n`).join(''))
  let offset = 0
  return blobs.map(() => {
    const lineEnd = answer.indexOf(10, offset)
    const size = Number(answer.subarray(offset, lineEnd).toString('latin1').split(' ')[2] ?? 0)
    const content = answer.subarray(lineEnd + 1, lineEnd + 1 + size)
    offset = lineEnd + 1 + size + 1
    return content
  })
}

function git(
  cwd: string,
  args: readonly string[],
  failed?: (error: unknown) => never,
  input?: string,
): Buffer {
  try {
    return execFileSync('git', ['-C', cwd, ...args], {
      maxBuffer: 1024 * 1024 * 1024,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(input !== undefined && {input}),
    })
  } catch (error) {
    if (failed !== undefined && !(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      return failed(error)
    const [line] = error instanceof Error ? error.message.split('\n').slice(-2) : ['']
    throw new MeshctlError('invalid-input', `git could not be asked: ${line ?? ''}.`, {
      try: ['Run meshctl inside a git repository, with git installed.'],
      cause: error,
    })
  }
}

/** The same, with files named for the reader: the copy is gone by the time that anybody looks. */
function relabelled(loaded: Loaded, copy: string, named: (file: string) => string): Loaded {
  const words = (text: string): string => text.replaceAll(copy + sep, '')
  return {
    files: loaded.files.map(named),
    objects: loaded.objects.map(object =>
      object.source === null
        ? object
        : {...object, source: {...object.source, file: named(object.source.file)}},
    ),
    problems: loaded.problems.map(problem => ({
      ...problem,
      file: named(problem.file),
      message: words(problem.message),
      try: words(problem.try),
    })),
  }
}
