import {spawnSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

/**
 * Writes what follows from the sources: the registry of rules and their pages, the reference in docs/. With --check it
 * writes nothing, and ends with 1 where something is stale.
 */
const root = join(import.meta.dirname, '..')
const check = process.argv.includes('--check')

// The registry first, in a process of its own: the pages are written from what it names.
const {status} = spawnSync(
  process.execPath,
  [join(import.meta.dirname, 'generate-rule-registry.ts'), ...(check ? ['--check'] : [])],
  {cwd: root, stdio: 'inherit'},
)
const {commandsPage, stagesPage} = await import('./generate-docs.ts')
const {examplesModule} = await import('./rule-examples.ts')
const fresh = [
  await keep('src/vet/examples.ts', examplesModule()),
  await keep('docs/commands.md', await commandsPage()),
  await keep('docs/stages.md', stagesPage()),
]
if (status !== 0 || fresh.includes(false)) process.exitCode = 1

/** Writes a page that is not as it should be; false where that was only looked for. */
async function keep(file: string, text: string): Promise<boolean> {
  const path = join(root, file)
  if (existsSync(path) && (await readFile(path, 'utf8')) === text) return true
  console.log(`${check ? 'stale (npm run generate)' : 'wrote'}: ${file}`)
  if (!check) await writeFile(path, text)
  return !check
}
