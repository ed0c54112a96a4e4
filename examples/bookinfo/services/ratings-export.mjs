import {sendJson} from './answers.mjs'
import {call} from './call.mjs'
import {repeating} from './repeating.mjs'

/** Reads the ratings now and then, and serves the latest export that worked. */
export function start({env, log}) {
  let latest = null
  const exporting = repeating(Number(env.EVERY_MS ?? 30_000), log, async () => {
    const answer = await call(env.RATINGS_URL, '/ratings/0')
    if (answer.status === 200) latest = {at: new Date().toISOString(), ratings: answer.body.ratings}
    return answer
  })
  return {
    handle(request, response, url) {
      if (request.method !== 'GET' || url.pathname !== '/exports/latest') return false
      if (latest === null) sendJson(response, 503, {error: 'nothing was exported yet'})
      else sendJson(response, 200, latest)
    },
    state: () => ({exports: exporting.counts()}),
    stop: () => exporting.stop(),
  }
}
