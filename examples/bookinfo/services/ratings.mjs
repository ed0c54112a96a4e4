import {readBody, sendJson} from './answers.mjs'

/** Stars by reviewer. A POST is not idempotent: it is counted, so that one that was retried shows. */
export function start() {
  const ratings = {Reviewer1: 5, Reviewer2: 4}
  let posts = 0
  return {
    async handle(request, response, url) {
      const [, id] = /^\/ratings\/(\d+)$/.exec(url.pathname) ?? []
      if (id === undefined) return false
      if (request.method === 'GET') return sendJson(response, 200, {id: Number(id), ratings})
      if (request.method !== 'POST') return false
      const given = Object.entries(JSON.parse(await readBody(request))).filter(
        ([, stars]) => stars >= 1 && stars <= 5,
      )
      Object.assign(ratings, Object.fromEntries(given))
      posts += 1
      sendJson(response, 201, {id: Number(id), ratings, posts})
    },
    state: () => ({posts}),
  }
}
