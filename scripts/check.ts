import {runSteps} from './steps.ts'
import type {Step} from './steps.ts'

/** Everything about the sources that a machine can tell without running them. `npm run check -- eslint` runs one. */
const cache = 'node_modules/.cache'
const steps: readonly Step[] = [
  {
    name: 'types',
    command: 'tsc',
    args: ['-p', '.', '--incremental', '--tsBuildInfoFile', `${cache}/tsc.json`],
  },
  {
    name: 'eslint',
    command: 'eslint',
    args: ['.', '--cache', '--cache-location', `${cache}/eslint/`, '--max-warnings', '0'],
  },
  {name: 'prettier', command: 'prettier', args: ['--check', '--log-level', 'warn', '--cache', '.']},
  {
    name: 'imports',
    command: 'depcruise',
    args: ['--config', '.dependency-cruiser.js', '--output-type', 'err-long', 'src', 'bin'],
  },
  {name: 'unused', command: 'knip', args: ['--no-progress']},
  {name: 'generated', command: 'node', args: ['scripts/generate.ts', '--check']},
]

const wanted = process.argv.slice(2)
const chosen = wanted.length === 0 ? steps : steps.filter(({name}) => wanted.includes(name))
if (chosen.length === 0) {
  console.error(`there are the checks ${steps.map(({name}) => name).join(', ')}`)
  process.exitCode = 2
} else if (!runSteps(chosen)) {
  process.exitCode = 1
}
