import {readFileSync, readdirSync, existsSync} from 'node:fs'
import {join} from 'node:path'
import {buildMesh} from '../../../src/mesh/build.ts'
import type {Mesh, MeshOptions} from '../../../src/mesh/mesh.ts'
import {parseText} from '../../../src/objects/parse.ts'

/** A finding that a fixture asks for by a comment `# expect: rule-id/messageId severity`; message and severity are optional. */
export interface Expectation {
  readonly line: number
  readonly rule: string
  readonly messageId: string | null
  readonly severity: string | null
}

export interface Fixture {
  readonly name: string
  readonly text: string
  readonly expectations: readonly Expectation[]
  readonly mesh: Mesh
  /** With which the mesh was built. */
  readonly options: MeshOptions
}

/** The fixtures of one kind of a rule; a first line `# mesh: {...}` gives options for the model as JSON. */
export function fixturesOf(folder: string, kind: 'bad' | 'ok'): readonly Fixture[] {
  const path = join(folder, kind)
  if (!existsSync(path)) return []
  return readdirSync(path)
    .filter(name => name.endsWith('.yaml'))
    .sort()
    .map(name => readFixture(join(path, name), `${kind}/${name}`))
}

function readFixture(path: string, name: string): Fixture {
  const text = readFileSync(path, 'utf8')
  const {objects, problems} = parseText(text, name)
  if (problems.length > 0) throw new Error(`${path}: ${problems[0]?.message ?? ''}`)
  const written = /^# mesh: (.*)$/m.exec(text)?.[1]
  const own = written === undefined ? {} : (JSON.parse(written) as MeshOptions)
  const options = {now: '2026-11-26T12:00:00Z', ...own}
  return {
    name,
    text,
    expectations: expectationsIn(text),
    mesh: buildMesh(objects, options),
    options,
  }
}

function expectationsIn(text: string): readonly Expectation[] {
  return text.split('\n').flatMap((line, index) => {
    const said = /# expect: (.*)$/.exec(line)?.[1]
    if (said === undefined) return []
    return said.split(',').map(one => {
      const [what = '', severity = null] = one.trim().split(/\s+/)
      const [rule = '', messageId = null] = what.split('/')
      return {line: index + 1, rule, messageId, severity}
    })
  })
}
