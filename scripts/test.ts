import {spawnSync} from 'node:child_process'
import {availableParallelism} from 'node:os'
import {globSync} from 'tinyglobby'

/**
 * Runs all tests, or those whose file names contain one of the words given (`npm test -- vet mesh`). It looks for the
 * files itself, so that every runner sees the same list. `MESHCTL_TESTBED=off` leaves out those that need a real mesh.
 */
const words = process.argv.slice(2).filter(word => !word.startsWith('-'))
const options = process.argv.slice(2).filter(word => word.startsWith('-'))
const withTestbed = process.env['MESHCTL_TESTBED'] !== 'off'

const all = globSync('test/**/*.test.ts').sort()
const offered = withTestbed ? all : all.filter(file => !file.startsWith('test/e2e/'))
const files = words.length === 0 ? offered : offered.filter(file => words.some(word => file.includes(word)))

if (files.length === 0) {
  console.error(`no test file has ${words.map(word => `"${word}"`).join(' or ')} in its name`)
  process.exit(2)
}
if (offered.length < all.length) {
  console.error(
    `MESHCTL_TESTBED=off: ${all.length - offered.length} test files that need a real mesh are left out`,
  )
}

const {status, signal} = spawnSync(
  process.execPath,
  ['--test', `--test-concurrency=${Math.max(2, availableParallelism())}`, ...options, ...files],
  {stdio: 'inherit'},
)
process.exitCode = signal === null ? (status ?? 1) : 1
