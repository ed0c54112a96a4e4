import {call} from './call.mjs'
import {repeating} from './repeating.mjs'

/** Fetches the latest export now and then, for the backup agent of its node. */
export function start({env, log}) {
  const mirroring = repeating(Number(env.EVERY_MS ?? 30_000), log, () =>
    call(env.EXPORT_URL, '/exports/latest'),
  )
  return {
    handle: () => false,
    state: () => ({copies: mirroring.counts()}),
    stop: () => mirroring.stop(),
  }
}
