import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {test} from 'node:test'
import {argsOf, flagsOf} from '../../src/cli/help.ts'
import {commands} from '../../src/commands/registry.ts'
import {readConfigText} from '../../src/config/read.ts'
import {globSync} from 'tinyglobby'

const root = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

test('the meshctl.yaml of its guide is valid', async () => {
  const [, sample = ''] = /```yaml\n([\s\S]*?)```/.exec(read('docs/guides/meshctl-yaml.md')) ?? []
  const config = await readConfigText(sample, 'meshctl.yaml', new Date('2026-11-24'))
  assert.deepEqual(
    config.clients.map(({client}) => client),
    ['batch/ratings-export', 'Deployment/shop/legacy-cart'],
  )
})

/** Every command line in a fenced block of the pages that people write. */
const written = [
  'README.md',
  'CONTRIBUTING.md',
  'examples/bookinfo/README.md',
  ...globSync('docs/{guides/,}*.md', {cwd: root}),
]
const lines = written.flatMap(page =>
  [...read(page).matchAll(/```(?:sh|yaml)\n([\s\S]*?)```/g)]
    .flatMap(([, block = '']) => block.split('\n'))
    .filter(line => !line.trim().startsWith('#'))
    .flatMap(line => /(?:^|[|\s])meshctl (\S.*?)(?:\s+#.*|\s+>.*)?$/.exec(line.trim())?.slice(1) ?? [])
    .map(line => ({page, words: line.split(/\s+/)})),
)

test('the pages show command lines', () => assert.ok(lines.length > 20))

for (const {page, words} of lines) {
  test(`${page}: meshctl ${words.join(' ')}`, async () => {
    const id = [words.slice(0, 2).join(' '), words[0] ?? ''].find(name => Object.hasOwn(commands, name))
    assert.ok(id !== undefined, `there is no command ${words[0]}`)
    const command = await commands[id]!()
    const known = flagsOf(command).flatMap(({name, char}) => [
      `--${name}`,
      ...(char === null ? [] : [`-${char}`]),
    ])
    const given = words.filter(word => /^--?[a-z]/.test(word)).map(word => word.split('=')[0] ?? '')
    for (const flag of given) assert.ok(known.includes(flag), `${id} has no flag ${flag}`)
    const plain = words.slice(id.split(' ').length).filter(word => !word.startsWith('-'))
    if (plain.length === 0) assert.ok(argsOf(command).every(arg => !arg.required))
  })
}
