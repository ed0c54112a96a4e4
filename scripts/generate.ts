import {spawnSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {globSync} from 'tinyglobby'

/**
 * Writes what follows from the sources: the registry of rules, and the reference in docs/. With --check it ends with 1
 * where something was stale, having named it.
 */
const root = join(import.meta.dirname, '..')
const check = process.argv.includes('--check')

// The registry first, in a process of its own: the pages are written from what it names.
const before = await contents()
const {status} = spawnSync(process.execPath, [join(import.meta.dirname, 'generate-rule-registry.ts')], {
  cwd: root,
  stdio: 'inherit',
})
if (status !== 0) process.exit(status ?? 1)
const {commandsPage, stagesPage} = await import('./generate-docs.ts')
await write('docs/commands.md', await commandsPage())
await write('docs/stages.md', stagesPage())

const after = await contents()
const stale = [...new Set([...before.keys(), ...after.keys()])]
  .filter(file => before.get(file) !== after.get(file))
  .sort()
for (const file of stale) console.log(`${check ? 'was stale' : 'wrote'}: ${file}`)
if (check && stale.length > 0) {
  console.error('Generated files were not those that the sources give. They are now: commit them.')
  process.exitCode = 1
}

async function contents(): Promise<Map<string, string>> {
  const files = globSync(
    ['src/vet/rules/registry.ts', 'docs/commands.md', 'docs/stages.md', 'docs/rules/**/*.md'],
    {cwd: root},
  )
  return new Map(
    await Promise.all(files.map(async file => [file, await readFile(join(root, file), 'utf8')] as const)),
  )
}

async function write(file: string, text: string): Promise<void> {
  const path = join(root, file)
  if (existsSync(path) && (await readFile(path, 'utf8')) === text) return
  await mkdir(dirname(path), {recursive: true})
  await writeFile(path, text)
}
