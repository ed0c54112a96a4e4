import assert from 'node:assert/strict'
import {readFileSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {buildMesh} from '../../../src/mesh/build.ts'
import {parseText} from '../../../src/objects/parse.ts'
import type {Finding} from '../../../src/vet/finding.ts'
import {vet} from '../../../src/vet/vet.ts'

/**
 * What hurts people who adopt a mesh, one small broken config each, as a linter in CI sees it: files only, a part of
 * the mesh, no options. The rule after `# names:` must say the cause, at warning or error; mended, nothing is said.
 */
const pains = readdirSync(import.meta.dirname, {withFileTypes: true})
  .filter(entry => entry.isDirectory())
  .map(({name}) => name)
  .sort()

let named = 0

for (const pain of pains) {
  test(`${pain}: the cause is named`, () => {
    const text = read(pain, 'bad')
    const rule = /^# names: (\S+)$/m.exec(text)?.[1] ?? ''
    const found = loud(text)
    if (found.some(finding => finding.rule === rule)) named += 1
    assert.deepEqual(
      [...new Set(found.map(finding => finding.rule))].sort(),
      [rule],
      found.map(said).join('\n'),
    )
  })

  test(`${pain}: mended, it is silent`, () => {
    assert.deepEqual(loud(read(pain, 'ok')).map(said), [])
  })
}

after(() => console.log(`${named} of ${pains.length} pains are named at their cause`))

function read(pain: string, name: string): string {
  return readFileSync(join(import.meta.dirname, pain, `${name}.yaml`), 'utf8')
}

function loud(text: string): readonly Finding[] {
  const {objects, problems} = parseText(text, 'shop.yaml')
  const {findings} = vet(buildMesh(objects, {problems}), {config: {}, problems})
  return findings.filter(({severity}) => severity !== 'info')
}

function said({rule, messageId, severity, message, object}: Finding): string {
  return `${severity} ${rule}/${messageId} ${object?.kind ?? ''} ${object?.name ?? ''}: ${message}`
}
