import {sendJson} from './answers.mjs'
import {call} from './call.mjs'
import {correlationHeaders} from './correlation.mjs'

const texts = {
  Reviewer1: 'An extremely entertaining play by Shakespeare. The slapstick humour is refreshing!',
  Reviewer2: 'Absolutely fun and entertaining. The play lacks thematic depth when compared to other plays.',
}
const colours = {v2: 'black', v3: 'red'}

/** v1 shows no stars; v2 and v3 ask ratings for them, and do without where ratings does not answer. */
export function start({env, version, behaviour}) {
  return {
    async handle(request, response, url) {
      const [, id] = /^\/reviews\/(\d+)$/.exec(url.pathname) ?? []
      if (request.method !== 'GET' || id === undefined) return false
      const colour = colours[version]
      const ratings =
        colour &&
        (await call(
          env.RATINGS_URL,
          `/ratings/${id}`,
          correlationHeaders(request.headers, behaviour.copyHeaders),
        ))
      const rated = reviewer => {
        if (!ratings) return {}
        if (ratings.status !== 200) return {rating: {error: `ratings: ${ratings.status || ratings.error}`}}
        return {rating: {stars: ratings.body.ratings[reviewer], colour}}
      }
      const reviews = Object.entries(texts).map(([reviewer, text]) => ({reviewer, text, ...rated(reviewer)}))
      sendJson(response, 200, {id: Number(id), version, reviews})
    },
  }
}
