import {readFile, readdir} from 'node:fs/promises'
import {join} from 'node:path'

import {unknownName} from '../cli/suggest.ts'

const ending = '.schema.json'

/** The names of all schemas that ship with meshctl. */
export async function schemaNames(root: string): Promise<readonly string[]> {
  const files = await readdir(join(root, 'schemas'))
  return files
    .filter(file => file.endsWith(ending))
    .map(file => file.slice(0, -ending.length))
    .sort()
}

/** The text of one schema; `meshctl/status/v1` and `status` name the same, as do `config` and the file's own name. */
export async function readSchema(root: string, asked: string): Promise<string> {
  const bare = asked.replace(/^meshctl\//, '').replace(/\/v1$/, '')
  const name = /^meshctl[.-]ya?ml$/.test(bare) ? 'config' : bare
  const names = await schemaNames(root)
  if (!names.includes(name)) throw unknownName('schema', asked, names, ['meshctl schema'])
  return await readFile(join(root, 'schemas', name + ending), 'utf8')
}
