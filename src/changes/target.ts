import {lstat, readFile, realpath} from 'node:fs/promises'
import {basename, dirname, isAbsolute, join, relative, resolve, sep} from 'node:path'
import {MeshctlError} from '../cli/error.ts'

/** Where changes are written: `from` are the paths that the objects were read from. */
export interface Place {
  readonly dir: string
  readonly from: readonly string[]
}

/** The directory that is written to, and nothing outside it. */
export class Root {
  readonly #dir: string
  readonly #real: string

  private constructor(dir: string, real: string) {
    this.#dir = dir
    this.#real = real
  }

  static async of(dir: string): Promise<Root> {
    const found = await lstatOf(await realOf(resolve(dir)))
    if (found !== null && !found.isDirectory()) {
      throw new MeshctlError('invalid-value', `${dir} is a file, not a directory`, {
        try: ['--write DIR: name a directory, which may be new'],
        found: dir,
      })
    }
    return new Root(dir, await realOf(resolve(dir)))
  }

  /** A path of the directory as the user knows it. */
  shown(real: string): string {
    return join(this.#dir, relative(this.#real, real))
  }

  /** The path at which to write `name`, a path relative to the directory. */
  async resolve(name: string): Promise<string> {
    const path = resolve(this.#real, name)
    const real = await realOf(path)
    if (!isBelow(this.#real, path) || !isBelow(this.#real, real)) throw this.#outside(name, real)
    const found = await lstatOf(real)
    if (found?.isFile() === false) {
      throw new MeshctlError(
        'refused',
        `${this.shown(real)} is in the way: a file of this name is to be written, and it is none`,
        {
          try: [`mv ${this.shown(real)} elsewhere`, '--write DIR: name another directory'],
          found: this.shown(real),
        },
      )
    }
    return real
  }

  /** The real path of a file inside the directory; null for one that stands elsewhere. */
  async holds(file: string): Promise<string | null> {
    const real = await realOf(resolve(file))
    if (isBelow(this.#real, real)) return real
    if (isBelow(resolve(this.#dir), resolve(file))) throw this.#outside(file, real)
    return null
  }

  /** The nearest file of one of these names in the directory of `path` and those above it, up to this one. */
  async nearest(path: string, names: readonly string[]): Promise<string | null> {
    for (
      let directory = dirname(path);
      isBelow(this.#real, directory) || directory === this.#real;
      directory = dirname(directory)
    ) {
      for (const name of names) {
        const found = await lstatOf(join(directory, name))
        if (found !== null) return this.resolve(join(directory, name))
      }
    }
    return null
  }

  #outside(name: string, real: string): MeshctlError {
    return new MeshctlError('refused', `${name} leads out of ${this.#dir}, to ${real}`, {
      try: ['replace the symbolic link by what it leads to', '--write DIR: name another directory'],
      found: name,
    })
  }
}

/** The path of a source file relative to the path given on the command line below which it was found. */
export function relativeName(file: string, from: readonly string[]): string {
  const names = from
    .filter(root => root !== '-')
    .map(root => relative(resolve(root), resolve(file)))
    .filter(name => name === '' || !leadsOut(name))
    .sort((a, b) => a.length - b.length)
  const [name] = names
  return name === undefined || name === '' ? basename(file) : name
}

/** A file's text; null where there is none. */
export async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return null
    throw new MeshctlError('unreadable-path', `${path} can't be read`, {
      try: [`ls -l ${path}`],
      file: path,
      cause: error,
    })
  }
}

/** With the links of the part that exists followed; a link to nowhere is followed too, for writing would create its target. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!isMissing(error))
      throw new MeshctlError('unreadable-path', `${path} can't be reached`, {
        try: [`ls -l ${path}`],
        file: path,
        cause: error,
      })
  }
  if ((await lstatOf(path))?.isSymbolicLink() === true) {
    throw new MeshctlError('refused', `${path} is a symbolic link to nowhere`, {
      try: [`rm ${path}`],
      found: path,
    })
  }
  return dirname(path) === path ? path : join(await realOf(dirname(path)), basename(path))
}

async function lstatOf(path: string): Promise<Awaited<ReturnType<typeof lstat>> | null> {
  try {
    return await lstat(path)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function isBelow(directory: string, path: string): boolean {
  const name = relative(directory, path)
  return name !== '' && !leadsOut(name)
}

function leadsOut(name: string): boolean {
  return name === '..' || name.startsWith(`..${sep}`) || isAbsolute(name)
}
