import {request as send} from 'node:http'

/** Gets JSON from another service; never throws: status 0 says that there was no answer, and `error` why. */
export function call(base, path, headers = {}, timeoutMs = 10_000) {
  return new Promise(resolve => {
    // No agent, no kept connection: a pooled one would outlive a change of policy and hide it.
    const request = send(
      new URL(path, base),
      {headers: {...headers, connection: 'close'}, agent: false, timeout: timeoutMs},
      async response => {
        let text = ''
        try {
          for await (const chunk of response) text += chunk
        } catch (error) {
          return resolve({status: 0, body: null, error: error.code ?? error.message})
        }
        resolve({
          status: response.statusCode,
          body: parsed(text),
          error: response.statusCode < 400 ? null : text.trim().slice(0, 200),
        })
      },
    )
    request.on('timeout', () => request.destroy(new Error('timed out')))
    request.on('error', error => resolve({status: 0, body: null, error: error.code ?? error.message}))
    request.end()
  })
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
