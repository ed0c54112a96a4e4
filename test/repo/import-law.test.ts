import assert from 'node:assert/strict'
import {cp, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {after, before, describe, test} from 'node:test'
import {execa} from 'execa'

const root = join(import.meta.dirname, '../..')
const {default: law} = (await import(join(root, '.dependency-cruiser.js'))) as {
  default: {forbidden: readonly {name: string; comment: string}[]}
}

/** One import each that the law forbids: the file, what it imports, and the rule that must say so. */
const forbidden: readonly (readonly [string, string, string])[] = [
  ['src/objects/a.ts', `import {mesh} from '../mesh/mesh.ts'`, 'objects-imports'],
  ['src/config/a.ts', `import {mesh} from '../mesh/mesh.ts'`, 'config-imports'],
  ['src/mesh/a.ts', `import {stage} from '../stages/stage.ts'`, 'mesh-imports'],
  ['src/mesh/b.ts', `import type {Stage} from '../stages/stage.ts'`, 'mesh-types'],
  ['src/mesh/c.ts', `import {load} from '../objects/load.ts'`, 'mesh-is-pure'],
  ['src/mesh/d.ts', `import {readFileSync} from 'node:fs'`, 'mesh-no-disk'],
  ['src/stages/a.ts', `import {vet} from '../vet/vet.ts'`, 'stages-imports'],
  ['src/stages/b.ts', `import {load} from '../objects/load.ts'`, 'stages-is-pure'],
  ['src/stages/c.ts', `import {readFileSync} from 'node:fs'`, 'stages-no-disk'],
  ['src/vet/a.ts', `import {stage} from '../stages/stage.ts'`, 'vet-imports'],
  ['src/vet/b.ts', `import {load} from '../objects/load.ts'`, 'vet-is-pure'],
  ['src/vet/c.ts', `import {request} from 'node:http'`, 'vet-no-disk'],
  ['src/changes/a.ts', `import {stage} from '../stages/stage.ts'`, 'changes-imports'],
  ['src/cluster/a.ts', `import {mesh} from '../mesh/mesh.ts'`, 'cluster-imports'],
  ['src/evidence/a.ts', `import {stage} from '../stages/stage.ts'`, 'evidence-imports'],
  ['src/render/a.ts', `import {mesh} from '../mesh/mesh.ts'`, 'render-imports'],
  ['src/terminal/a.ts', `import {mesh} from '../mesh/mesh.ts'`, 'terminal-imports'],
  ['src/cli/a.ts', `import {flow} from '../flows/flow.ts'`, 'flows-at-the-top'],
  ['src/flows/a.ts', `import {command} from '../commands/command.ts'`, 'flows-know-no-command'],
  ['src/commands/a.ts', `import {mesh} from '../mesh/mesh.ts'`, 'commands-imports'],
  ['src/mesh/e.ts', `import {KubeConfig} from '@kubernetes/client-node'`, 'one-kubernetes-client'],
  ['src/mesh/f.ts', `import {f} from './f2.ts'`, 'no-cycles'],
  ['src/mesh/g.ts', `import {t} from '../../test/t.ts'`, 'no-tests-in-the-product'],
  ['src/mesh/h.ts', `import {execa} from 'execa'`, 'no-dev-dependency-in-the-product'],
  ['src/mesh/i.ts', `import {gone} from './gone.ts'`, 'resolvable'],
]

const allowed: readonly (readonly [string, string])[] = [
  ['src/mesh/ok.ts', `import type {O} from '../objects/object.ts'`],
  ['src/mesh/ok2.ts', `import {change} from '../changes/change-set.ts'`],
  ['src/stages/ok.ts', `import {mesh} from '../mesh/mesh.ts'`],
  ['src/stages/ok2.ts', `import {error} from '../cli/error.ts'`],
  ['src/render/ok.ts', `import type {Mesh} from '../mesh/mesh.ts'`],
  ['src/changes/ok.ts', `import {mesh} from '../mesh/mesh.ts'`],
  ['src/flows/ok.ts', `import {stage} from '../stages/stage.ts'`],
  ['src/commands/ok.ts', `import {flow} from '../flows/flow.ts'`],
  ['src/cluster/ok.ts', `import {KubeConfig} from '@kubernetes/client-node'`],
]

describe('the import law', () => {
  let folder = ''
  const violations = new Map<string, string[]>()

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'import-law-'))
    for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.js'])
      await cp(join(root, file), join(folder, file))
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    const targets = [
      'objects/load',
      'objects/object',
      'mesh/mesh',
      'stages/stage',
      'vet/vet',
      'flows/flow',
      'commands/command',
      'cli/error',
      'changes/change-set',
    ]
    for (const target of targets) await write(`src/${target}.ts`, 'export {}')
    await write('test/t.ts', 'export {}')
    await write('src/mesh/f2.ts', `import {f} from './f.ts'`)
    for (const [file, text] of [...forbidden, ...allowed]) await write(file, `${text}\n`)
    const {stdout} = await execa(
      'depcruise',
      ['--config', '.dependency-cruiser.js', '--output-type', 'json', 'src'],
      {
        cwd: folder,
        preferLocal: true,
        reject: false,
      },
    )
    for (const {from, rule} of JSON.parse(stdout).summary.violations) {
      violations.set(from, [...(violations.get(from) ?? []), rule.name])
    }
  })
  after(() => rm(folder, {recursive: true}))

  async function write(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(folder, file)), {recursive: true})
    await writeFile(join(folder, file), text)
  }

  for (const [file, text, rule] of forbidden) {
    test(`${rule}: ${text}`, () =>
      assert.ok(
        violations.get(file)?.includes(rule),
        `${file}: ${(violations.get(file) ?? ['nothing']).join(', ')}`,
      ))
  }
  for (const [file, text] of allowed) {
    test(`allowed in ${dirname(file)}: ${text}`, () => assert.equal(violations.get(file), undefined))
  }

  test('is whole: each rule is broken here once, and gives advice', () => {
    assert.deepEqual(
      [...new Set(forbidden.map(([, , rule]) => rule))].sort(),
      law.forbidden.map(({name}) => name).sort(),
    )
    for (const {name, comment} of law.forbidden) assert.match(comment, /\.$/, name)
  })

  test('holds for the sources', async () => {
    const {exitCode, stdout} = await execa(
      'depcruise',
      ['--config', '.dependency-cruiser.js', '--output-type', 'err-long', 'src', 'bin'],
      {
        cwd: root,
        preferLocal: true,
        reject: false,
      },
    )
    assert.equal(exitCode, 0, stdout)
  })
})
