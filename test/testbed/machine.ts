import {existsSync} from 'node:fs'

/**
 * Says why a testbed cannot run on this machine, or undefined when it can. Missing Debian packages
 * and parts not built yet are no reason: they are installed and built when needed.
 */
export function whyNoTestbed(): string | undefined {
  if (process.env.MESHCTL_TESTBED === 'off') return 'MESHCTL_TESTBED=off: no real cluster was started'
  if (process.platform !== 'linux') return `a real cluster needs Linux, this is ${process.platform}`
  if (process.arch !== 'x64') return `the pinned Envoy is for x64, this is ${process.arch}`
  if (process.getuid?.() !== 0) return 'a real cluster needs root for its namespaces and mounts'
  if (!existsSync('/proc/self/ns/net')) return 'this kernel has no network namespaces'
  return undefined
}

/** What an end-to-end test passes as its options: skipped with the reason, or failing where CI may not skip. */
export function needsTestbed(): {skip?: string} {
  const reason = whyNoTestbed()
  if (reason === undefined) return {}
  if (process.env.CI === 'true') {
    throw new Error(`CI has to run the end-to-end tests, but ${reason}`)
  }
  return {skip: reason}
}
