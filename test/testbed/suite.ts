import {before, describe, it} from 'node:test'
import {buildAll} from './cluster/build.ts'
import {needsTestbed} from './machine.ts'

interface Needs {
  timeout: number
  tracing?: boolean
}

/**
 * A group of tests that need a real cluster. Where none can run it is one test that is skipped with the
 * reason, so that the runner counts it; in CI that is a failure. What is missing is built before the time of
 * the group begins: on a new machine that takes longer than any test may.
 */
export function describeOnTestbed(name: string, {timeout, tracing = false}: Needs, tests: () => void): void {
  const {skip} = needsTestbed()
  if (skip !== undefined) {
    it(name, {skip}, () => undefined)
    return
  }
  before(() => buildAll({tracing}))
  describe(name, {timeout}, tests)
}
