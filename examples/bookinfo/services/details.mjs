import {sendJson} from './answers.mjs'

const book = {
  author: 'William Shakespeare',
  year: 1595,
  type: 'paperback',
  pages: 200,
  publisher: 'PublisherA',
  language: 'English',
}

export function start() {
  return {
    handle(request, response, url) {
      const [, id] = /^\/details\/(\d+)$/.exec(url.pathname) ?? []
      if (request.method !== 'GET' || id === undefined) return false
      sendJson(response, 200, {id: Number(id), ...book})
    },
  }
}
