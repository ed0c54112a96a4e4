import {availableParallelism} from 'node:os'
import {resolve} from 'node:path'
import {run} from 'node:test'
import {spec} from 'node:test/reporters'
import {globSync} from 'tinyglobby'

/**
 * Runs all tests, or those whose file names contain one of the words given (`npm test -- vet mesh`). It looks for the
 * files itself, so that every runner sees the same list. Those that need a real mesh run last and one after the other,
 * since each takes the whole machine; `MESHCTL_TESTBED=off` leaves them out.
 */
const words = process.argv.slice(2)
const withTestbed = process.env['MESHCTL_TESTBED'] !== 'off'
const all = globSync('test/**/*.test.ts').sort()
const wanted = words.length === 0 ? all : all.filter(file => words.some(word => file.includes(word)))
const onTestbed = wanted.filter(file => file.startsWith('test/e2e/'))
const others = wanted.filter(file => !file.startsWith('test/e2e/'))

if (wanted.length === 0) {
  console.error(`no test file has ${words.map(word => `"${word}"`).join(' or ')} in its name`)
  process.exit(2)
}
if (!withTestbed && onTestbed.length > 0) {
  console.error(`MESHCTL_TESTBED=off: ${onTestbed.length} test files that need a real mesh are left out`)
}

interface Counts {
  passed: number
  failed: number
  skipped: number
}

const total: Counts = {passed: 0, failed: 0, skipped: 0}

async function runAll(files: readonly string[], concurrency: number, timeout: number): Promise<void> {
  if (files.length === 0) return
  const stream = run({files: files.map(file => resolve(file)), concurrency, timeout})
  stream.on('test:summary', ({file, counts}) => {
    // The one without a file is that of the whole run.
    if (file !== undefined) return
    total.passed += counts.passed
    total.failed += counts.tests - counts.passed - counts.skipped - counts.todo
    total.skipped += counts.skipped
  })
  const report = stream.compose(spec)
  report.pipe(process.stdout, {end: false})
  await new Promise(done => report.on('end', done))
}

const minutes = 60_000
await runAll(others, Math.max(2, availableParallelism()), 10 * minutes)
if (withTestbed) await runAll(onTestbed, 1, 30 * minutes)
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1
