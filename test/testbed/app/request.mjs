// Sends one request and prints the answer as JSON; run in a pod by the testbed.
import {request} from 'node:http'

const {url, method = 'GET', headers = {}, body, timeoutMs = 10_000} = JSON.parse(process.argv[2])
const begin = performance.now()

const sent = request(url, {method, headers, timeout: timeoutMs, agent: false}, response => {
  let text = ''
  response.setEncoding('utf8')
  response.on('data', piece => (text += piece))
  response.on('end', () => report({status: response.statusCode, headers: response.headers, body: text}))
  response.on('error', error => report({error: error.code ?? error.message}))
})
sent.on('timeout', () => sent.destroy(Object.assign(new Error('timeout'), {code: 'ETIMEDOUT'})))
sent.on('error', error => report({error: error.code ?? error.message}))
sent.end(body)

function report(outcome) {
  console.log(JSON.stringify({...outcome, ms: Math.round(performance.now() - begin)}))
  process.exit(0)
}
