import {execFileSync} from 'node:child_process'
import {basename, isAbsolute, relative, resolve} from 'node:path'

import {equalJson} from '../changes/json-equality.ts'
import {MeshctlError} from '../cli/error.ts'
import type {Gap} from '../mesh/mesh.ts'
import {objectKey} from '../objects/identity.ts'
import type {KubeObject} from '../objects/object.ts'
import {overlay} from '../objects/overlay.ts'
import {parseText} from '../objects/parse.ts'
import {idAnswer, objectAnswer} from './answers.ts'
import type {ObjectAnswer} from './answers.ts'
import type {Input} from './load-input.ts'
import {compareMeshes} from './whatif.ts'
import type {WhatifResult} from './whatif.ts'

export interface Revision {
  /** As it was asked for. */
  readonly name: string
  readonly commit: string
}

export interface ReplayedChange {
  readonly from: Revision
  readonly to: Revision
  readonly changes: readonly {
    readonly action: 'create' | 'update' | 'delete'
    readonly object: ObjectAnswer
  }[]
}

export type WhatifGitResult = WhatifResult & {readonly git: ReplayedChange}

/**
 * Replays a change of a repository's history: which calls worked by the manifests of one commit and fail by those of
 * another. Both are read from git's own store; what is checked out is neither used nor touched. What only people know
 * (meshctl.yaml) is taken as it is today.
 */
export function whatifGit(input: Input, range: string, cwd: string): WhatifGitResult {
  const [from, to] = revisionsOf(range, cwd)
  const [before, after] = [objectsAt(from, input.from, cwd), objectsAt(to, input.from, cwd)]
  const mesh = (objects: readonly KubeObject[]) =>
    input.rebuild(input.base.length === 0 ? objects : overlay(input.base, objects))
  const changes = changesBetween(before.objects, after.objects)
  const result = compareMeshes(input, mesh(before.objects), mesh(after.objects), {
    applied: changes.filter(({action}) => action !== 'delete').length,
    deleted: changes.filter(({action}) => action === 'delete').length,
  })
  return {...result, gaps: [...result.gaps, ...before.gaps, ...after.gaps], git: {from, to, changes}}
}

// --- git -------------------------------------------------------------------------------------

/** `A..B`; without B up to HEAD. */
function revisionsOf(range: string, cwd: string): readonly [Revision, Revision] {
  const [from = '', to, more] = range.split('..')
  if (from === '' || to === undefined || more !== undefined || to.startsWith('.')) {
    throw new MeshctlError('invalid-value', `--git takes two commits as A..B, not "${range}".`, {
      try: [
        'meshctl whatif --git HEAD~1..HEAD --from DIR',
        'meshctl whatif --git main..my-branch --from DIR',
      ],
      found: range,
    })
  }
  return [revision(from, cwd), revision(to === '' ? 'HEAD' : to, cwd)]
}

function revision(name: string, cwd: string): Revision {
  const commit = git(
    cwd,
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`],
    () => {
      throw new MeshctlError('unknown-name', `git knows no commit ${name} here.`, {
        try: ['git log --oneline', 'git fetch --unshallow, where only a part of the history was cloned'],
        found: name,
      })
    },
  )
  return {name, commit: commit.toString('utf8').trim()}
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

// --- objects ---------------------------------------------------------------------------------

interface Tree {
  readonly objects: readonly KubeObject[]
  /** Files of which a part could not be read: history holds those too. */
  readonly gaps: readonly Gap[]
}

function objectsAt({name, commit}: Revision, from: readonly string[], cwd: string): Tree {
  const files = filesAt(commit, from, cwd)
  const texts = contentsOf(files, cwd)
  const read = files.map(({path}, index) => {
    const text = texts[index] ?? ''
    const other = path.endsWith('.json') && !text.includes('"apiVersion"')
    return other ? {objects: [], problems: []} : parseText(text, `${name}:${path}`, {belowDirectory: true})
  })
  return {
    objects: read.flatMap(({objects}) => objects),
    gaps: read.flatMap(({problems}) =>
      problems.map(problem => ({
        kind: `${problem.file}:${problem.line}`,
        namespace: '',
        reason: problem.message,
      })),
    ),
  }
}

interface File {
  readonly path: string
  readonly blob: string
}

/** The manifests below the paths asked for, by the rules by which a directory is read. */
function filesAt(commit: string, from: readonly string[], cwd: string): readonly File[] {
  const root = git(cwd, ['rev-parse', '--show-toplevel']).toString('utf8').trim()
  const paths = from.filter(path => path !== '-').map(path => insideOf(root, resolve(cwd, path)))
  const listed = git(root, ['ls-tree', '-r', '-z', '--full-tree', commit, '--', ...paths]).toString('utf8')
  const files = listed.split('\0').flatMap(line => {
    const [, mode, blob, path] = /^(\d+) blob (\w+)\t(.*)$/s.exec(line) ?? []
    return mode === undefined || mode === '120000' || blob === undefined || path === undefined
      ? []
      : [{path, blob}]
  })
  const charts = files.flatMap(({path}) => (basename(path) === 'Chart.yaml' ? [path.slice(0, -10)] : []))
  return files.filter(
    ({path}) =>
      /\.(ya?ml|json)$/i.test(path) &&
      !/^meshctl\.ya?ml$/.test(basename(path)) &&
      !path.split('/').some(part => part.startsWith('.') || part === 'node_modules') &&
      !charts.some(chart => path.startsWith(chart)),
  )
}

function insideOf(root: string, path: string): string {
  const inside = relative(root, path)
  if (!inside.startsWith('..') && !isAbsolute(inside)) return inside === '' ? '.' : inside
  throw new MeshctlError('invalid-value', `${path} lies outside the repository ${root}.`, {
    try: ['Name paths inside it with --from.'],
    found: path,
  })
}

/** All files by one process of git: their contents follow each other, each behind a line with its length. */
function contentsOf(files: readonly File[], cwd: string): readonly string[] {
  if (files.length === 0) return []
  const asked = files.map(({blob}) => `${blob}\n`).join('')
  const answer = git(cwd, ['cat-file', '--batch'], undefined, asked)
  let offset = 0
  return files.map(() => {
    const lineEnd = answer.indexOf(10, offset)
    const size = Number(answer.subarray(offset, lineEnd).toString('latin1').split(' ')[2] ?? 0)
    const text = answer.subarray(lineEnd + 1, lineEnd + 1 + size).toString('utf8')
    offset = lineEnd + 1 + size + 1
    return text
  })
}

function changesBetween(
  before: readonly KubeObject[],
  after: readonly KubeObject[],
): ReplayedChange['changes'] {
  const old = new Map(before.map(object => [objectKey(object.id), object]))
  const fresh = new Set(after.map(object => objectKey(object.id)))
  const written = after.flatMap((object): ReplayedChange['changes'] => {
    const was = old.get(objectKey(object.id))
    if (was === undefined) return [{action: 'create', object: objectAnswer(object)}]
    return equalJson(was.value, object.value) ? [] : [{action: 'update', object: objectAnswer(object)}]
  })
  const gone = before.filter(object => !fresh.has(objectKey(object.id)))
  return [...written, ...gone.map(object => ({action: 'delete' as const, object: idAnswer(object.id)}))]
}
