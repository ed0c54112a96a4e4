import {describe, it} from 'node:test'
import {needsTestbed} from './machine.ts'

/**
 * A group of tests that need a real cluster. Where none can run it is one test that is skipped with the
 * reason, so that the runner counts it; in CI that is a failure.
 */
export function describeOnTestbed(name: string, {timeout}: {timeout: number}, tests: () => void): void {
  const {skip} = needsTestbed()
  if (skip === undefined) describe(name, {timeout}, tests)
  else it(name, {skip}, () => undefined)
}
