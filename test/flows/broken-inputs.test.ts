import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'node:test'
import {emptyConfig} from '../../src/config/config.ts'
import {buildMesh} from '../../src/mesh/build.ts'
import {parseText} from '../../src/objects/parse.ts'
import {assessGrid} from '../../src/stages/grid.ts'
import {vet} from '../../src/vet/vet.ts'
import {brokenInputs} from '../objects/broken-inputs.ts'
import type {BrokenInput} from '../objects/broken-inputs.ts'

function textOf({content}: BrokenInput): string {
  return typeof content === 'string' ? content : new TextDecoder().decode(content)
}

test('no broken input crashes the model, a rule, a stage, or a prediction', () => {
  let inputs = 0
  for (const input of brokenInputs()) {
    inputs++
    try {
      const {objects, problems} = parseText(textOf(input), 'broken.yaml')
      const mesh = buildMesh(objects, {problems, complete: ['*']})
      const {findings} = vet(mesh, {config: emptyConfig.vet, problems})
      for (const finding of findings) {
        if (finding.severity === 'error')
          assert.ok(finding.file === null || (finding.line ?? 0) >= 1, `${finding.rule} has no place`)
      }
      assessGrid(mesh, emptyConfig)
      for (const edge of [...mesh.edges(), ...mesh.possibleEdges()]) edge.judge()
    } catch (error) {
      throw new Error(
        `${input.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      )
    }
  }
  assert.ok(inputs >= 200)
})

test('the command answers broken inputs with 0, 1 or 2, and a place', () => {
  const folder = mkdtempSync(join(tmpdir(), 'meshctl-broken-'))
  try {
    const all = [...brokenInputs()]
    const sample = all.filter((_, index) => index % Math.ceil(all.length / 24) === 0)
    for (const input of sample) {
      const file = join(folder, 'input.yaml')
      writeFileSync(file, input.content)
      const {status, stdout, stderr} = spawnSync(process.execPath, ['bin/meshctl.js', 'vet', file], {
        encoding: 'utf8',
      })
      assert.ok(
        status === 0 || status === 1 || status === 2,
        `${input.name}: exit ${String(status)}\n${stderr}`,
      )
      if (status !== 0)
        assert.match(
          stdout + stderr,
          /input\.yaml:\d+:\d+|input\.yaml[\s\S]*\d+:\d+/,
          `${input.name}: no place in\n${stdout}${stderr}`,
        )
    }
  } finally {
    rmSync(folder, {recursive: true})
  }
})
