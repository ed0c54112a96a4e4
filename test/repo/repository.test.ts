import assert from 'node:assert/strict'
import {existsSync, readFileSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import {describe, test} from 'node:test'
import {execaSync} from 'execa'
import {globSync} from 'tinyglobby'
import {commandsPage, stagesPage} from '../../scripts/generate-docs.ts'
import {rules} from '../../src/vet/rules/registry.ts'

const root = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const tracked = execaSync('git', ['ls-files'], {cwd: root})
  .stdout.split('\n')
  .filter(file => existsSync(join(root, file)))
const pages = tracked.filter(file => file.endsWith('.md'))

describe('what is generated is fresh (npm run generate)', () => {
  test('docs/commands.md', async () => assert.equal(read('docs/commands.md'), await commandsPage()))
  test('docs/stages.md', () => assert.equal(read('docs/stages.md'), stagesPage()))
  test('the rule registry names every rule file', () => {
    const files = globSync('src/vet/rules/*/*.ts', {cwd: root}).map(file => basename(file, '.ts'))
    const ids = new Set(rules.map(({id}) => id))
    const registry = read('src/vet/rules/registry.ts')
    for (const file of files.filter(name =>
      read(globSync(`src/vet/rules/*/${name}.ts`, {cwd: root})[0]!).includes('defineRule('),
    )) {
      assert.ok(ids.has(file) && registry.includes(`${file}.ts`), `${file} is in no registry`)
    }
    assert.ok(ids.size > 0)
  })
})

describe('every rule', () => {
  for (const {id, area} of rules) {
    test(`${id} has its page and its fixtures`, () => {
      assert.ok(
        globSync(`docs/rules/**/${id}.md`, {cwd: root}).length === 1,
        `docs/rules has no page ${id}.md`,
      )
      for (const folder of ['ok', 'bad']) {
        const fixtures = globSync(`test/vet/rules/${area}/${id}/${folder}/**`, {cwd: root})
        assert.ok(fixtures.length > 0, `test/vet/rules/${area}/${id}/${folder} is empty`)
      }
    })
  }
})

describe('the pages', () => {
  for (const page of pages) {
    test(`${page} links only to what is there`, () => {
      const text = read(page).replaceAll(/```[\s\S]*?```/g, '')
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue
        const [file = '', heading] = target.split('#')
        const linked = file === '' ? page : join(dirname(page), file)
        assert.ok(existsSync(join(root, linked)), `${target}: no such file`)
        if (heading !== undefined)
          assert.ok(headingsOf(read(linked)).includes(heading), `${target}: no such heading`)
      }
    })
  }

  test('README stays short', () => assert.ok(read('README.md').split('\n').length <= 121))

  test('README gives the two commands that are run: one of them in CI', () => {
    const commands = [...read('README.md').matchAll(/^npm install && npm .+$/gm)].map(([command]) => command)
    assert.deepEqual(commands, ['npm install && npm run demo', 'npm install && npm test'])
    assert.equal(read('.ci/run').trim().split('\n').at(-1), commands[1])
  })
})

describe('the repository', () => {
  const texts = tracked.filter(file => !/^(package-lock\.json|LICENSE|.*\.(png|ico|tgz|tar|gz))$/.test(file))

  test("names no path of anybody's machine", () => {
    const personal = /(?<![\w.])\/(work|home\/[a-z]+|Users\/[A-Za-z]+)\/(main|shared|[\w-]+\/)/
    for (const file of texts) {
      const [found] = personal.exec(read(file)) ?? []
      assert.equal(found, undefined, `${file} names ${found}`)
    }
  })

  test('names no registry in its lock file', () => {
    const hosts = [...read('package-lock.json').matchAll(/"resolved": "https?:\/\/([^/"]+)/g)].map(
      ([, host]) => host,
    )
    assert.deepEqual([...new Set(hosts)], [])
  })

  test('has no utils.ts or helpers.ts in src', () => {
    assert.deepEqual(
      tracked.filter(file => /^src\/.*\b(utils?|helpers?)\.ts$/.test(file)),
      [],
    )
  })

  test('says the same version in package.json and CHANGELOG.md', () => {
    const {version} = JSON.parse(read('package.json'))
    assert.match(read('CHANGELOG.md'), new RegExp(`^## ${version.replaceAll('.', '\\.')}\\b`, 'm'))
  })
})

/** Anchors as GitHub makes them. */
function headingsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
}
