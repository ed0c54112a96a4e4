import {readFile, writeFile} from 'node:fs/promises'

import {MeshctlError} from '../cli/error.ts'
import {list, record, text} from '../objects/json.ts'
import type {Json} from '../objects/object.ts'
import type {Finding} from '../vet/finding.ts'

const schema = 'meshctl/baseline/v1'

/** Findings that a team knows of and leaves for later, so that only new ones count. Sorted, for a quiet history. */
export async function writeBaseline(file: string, findings: readonly Finding[]): Promise<void> {
  const known = findings
    .map(({fingerprint, rule, object}) => ({
      fingerprint,
      rule,
      object: object === null ? '' : `${object.kind} ${object.namespace}/${object.name}`,
    }))
    .sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1))
  try {
    await writeFile(file, `${JSON.stringify({schema, findings: known}, null, 2)}\n`)
  } catch (cause) {
    throw unusable(file, 'cannot be written', cause)
  }
}

/** The fingerprints of a baseline. */
export async function readBaseline(file: string): Promise<ReadonlySet<string>> {
  let content: Json
  try {
    content = JSON.parse(await readFile(file, 'utf8')) as Json
  } catch (cause) {
    throw unusable(file, 'cannot be read', cause)
  }
  if (record(content)['schema'] !== schema) throw unusable(file, `is no ${schema}`, null)
  return new Set(
    list(record(content)['findings']).flatMap(finding => text(record(finding)['fingerprint']) ?? []),
  )
}

function unusable(file: string, why: string, cause: unknown): MeshctlError {
  return new MeshctlError('unreadable-path', `The baseline ${file} ${why}.`, {
    try: [`meshctl vet PATH --baseline ${file} --write-baseline makes a new one.`],
    found: file,
    file,
    cause,
  })
}
