import {sendJson, sendPage} from './answers.mjs'
import {call} from './call.mjs'
import {correlationHeaders} from './correlation.mjs'
import {liveServer} from './live.mjs'
import {page} from './page.mjs'

/** The page, as HTML and as JSON. It shows what it has: a part that does not answer is named, and the rest is there. */
export async function start({env, behaviour}) {
  let readers = 0
  const live = await liveServer(Number(env.LIVE_PORT ?? 9081), env.ADDRESS, () => ({readers}))
  return {
    async handle(request, response, url) {
      const wanted = ['/productpage', '/api/v1/products/0'].includes(url.pathname)
      if (request.method !== 'GET' || !wanted) return false
      readers += 1
      const headers = correlationHeaders(request.headers, behaviour.copyHeaders)
      const [details, reviews] = await Promise.all([
        call(env.DETAILS_URL, '/details/0', headers),
        call(env.REVIEWS_URL, '/reviews/0', headers),
      ])
      if (url.pathname === '/productpage') sendPage(response, 200, page(details, reviews))
      else sendJson(response, 200, {details, reviews})
    },
    state: () => ({readers, live: live.connections()}),
    ports: () => ({livePort: live.port}),
    stop: () => live.close(),
  }
}
