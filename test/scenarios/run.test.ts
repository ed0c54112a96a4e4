import assert from 'node:assert/strict'
import {mkdir, readFile, readdir, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {describe, it} from 'node:test'

import {copyBookinfo, root, runShell, workspace} from '../cli/run-cli.ts'
import {formatScenario, parseScenario, sectionText, trimmed} from './scenario.ts'
import type {Scenario, Section} from './scenario.ts'

const here = import.meta.dirname
const update = process.env['UPDATE'] === '1'
const files = (await readdir(here)).filter(file => file.endsWith('.scenario')).sort()
const {version} = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {version: string}

describe('scenarios', {concurrency: 2}, () => {
  for (const file of files) {
    it(file.replace('.scenario', ''), async () => {
      const text = await readFile(join(here, file), 'utf8')
      const scenario = parseScenario(text)
      const actual = await play(scenario)
      if (update) await writeFile(join(here, file), formatScenario(actual))
      else
        assert.deepEqual(
          expectations(actual),
          expectations(scenario),
          `${scenario.title} (UPDATE=1 rewrites it)`,
        )
    })
  }
})

/** The scenario with what really came out in its expectations. */
async function play(scenario: Scenario): Promise<Scenario> {
  const {dir, remove} = await workspace()
  try {
    await prepare(scenario, dir)
    const env = Object.fromEntries(
      sectionText(scenario, 'env')
        .split('\n')
        .filter(line => line.includes('='))
        .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
    const ran = await runShell(trimmed(sectionText(scenario, 'command')), {
      cwd: dir,
      stdin: sectionText(scenario, 'stdin'),
      env,
    })
    const shown = (output: string): string => masked(output.replaceAll(dir, '{dir}'))
    const outputs: Readonly<Record<string, string>> = {
      stdout: shown(ran.stdout),
      stderr: shown(ran.stderr),
      status: String(ran.status),
    }
    const given = scenario.sections.filter(({kind}) => !Object.hasOwn(outputs, kind) && kind !== 'after')
    const results = Object.entries(outputs).map(([kind, text]): Section => ({kind, name: '', text}))
    const after = scenario.sections.filter(({kind}) => kind === 'after')
    return {
      title: scenario.title,
      sections: [
        ...given,
        ...results,
        ...(await Promise.all(after.map(async section => await afterwards(section, dir)))),
      ],
    }
  } finally {
    await remove()
  }
}

/** What differs from run to run, or with every new rule. */
function masked(output: string): string {
  return output
    .replaceAll(version, '{version}')
    .replace(/\b\d{8}-\d{6}-\d{3}-[0-9a-f]{6}\b/g, '{ledger}')
    .replace(/\b\d+ rules ran/g, '{n} rules ran')
}

async function prepare({sections}: Scenario, dir: string): Promise<void> {
  for (const {kind, name, text} of sections) {
    if (kind === 'copy') await copyBookinfo(join(dir, 'bookinfo'))
    if (kind !== 'file') continue
    await mkdir(dirname(join(dir, name)), {recursive: true})
    await writeFile(join(dir, name), `${trimmed(text)}\n`)
  }
}

async function afterwards(section: Section, dir: string): Promise<Section> {
  const text = await readFile(join(dir, section.name), 'utf8').catch(() => '(none)')
  return {...section, text}
}

/** What is compared: outputs in a fixed order, a missing section being empty. */
function expectations(scenario: Scenario): Readonly<Record<string, string>> {
  const files = scenario.sections
    .filter(({kind}) => kind === 'after')
    .map(({name, text}) => [`after: ${name}`, trimmed(text)] as const)
  const outputs = ['stdout', 'stderr', 'status'].map(
    kind => [kind, trimmed(sectionText(scenario, kind))] as const,
  )
  return Object.fromEntries([...outputs, ...files])
}
