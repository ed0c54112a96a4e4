/** Answers with JSON; a connection is not kept, so that each request shows what the mesh does now. */
export function sendJson(response, status, value) {
  response.writeHead(status, {'content-type': 'application/json', connection: 'close'})
  response.end(`${JSON.stringify(value)}\n`)
}

export function sendPage(response, status, html) {
  response.writeHead(status, {'content-type': 'text/html; charset=utf-8', connection: 'close'})
  response.end(html)
}

const limit = 64 * 1024

export async function readBody(request) {
  let text = ''
  for await (const chunk of request) {
    text += chunk
    if (text.length > limit) throw new SyntaxError('the body is too large')
  }
  return text
}
