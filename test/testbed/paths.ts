import {homedir} from 'node:os'
import {join} from 'node:path'

/** The folder of the testbed's own sources. */
export const testbedSources = import.meta.dirname

/** The root of the repository that the testbed belongs to. */
export const repository = join(testbedSources, '..', '..')

/** Where built parts and images are kept between runs, outside of the repository. */
export function cacheDirectory(): string {
  const cacheHome = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  return join(cacheHome, 'meshctl-testbed')
}

/**
 * Where running clusters keep their state. One fixed place for the whole machine, whoever starts a
 * cluster, so that the next start finds what a crashed one left.
 */
export const clustersDirectory = '/var/tmp/meshctl-testbed'
