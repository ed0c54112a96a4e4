// A small service for tests: answers with what it was asked, its own name and the headers that arrived.
//   GET /                      answers at once
//   GET /status/503            answers with that status
//   GET /delay/2000            answers after that many milliseconds
//   GET /fails-on/v2           answers with 503 where the environment's VERSION is v2
//   GET /via/stock/status/503  asks http://stock/status/503 and answers with its status
//   GET /arrivals/abc          says how many requests had the header `x-trial: abc`, or without one the path `abc`
import {createServer, request as ask} from 'node:http'
import {hostname} from 'node:os'

const {PORT = '8080', VERSION = ''} = process.env
const arrivals = new Map()

export function answer(request, response) {
  const [, action, value, ...rest] = request.url.split('/')
  if (action === 'arrivals') {
    return send(request, response, {arrivals: arrivals.get(decodeURIComponent(value)) ?? 0})
  }
  const trial = request.headers['x-trial'] ?? request.url
  arrivals.set(trial, (arrivals.get(trial) ?? 0) + 1)
  if (action === 'via') return passOn(request, response, `http://${value}/${rest.join('/')}`)
  const status = action === 'status' ? Number(value) : action === 'fails-on' && value === VERSION ? 503 : 200
  setTimeout(() => send(request, response, {status}), action === 'delay' ? Number(value) : 0)
}

function passOn(request, response, url) {
  const {method, headers} = request
  const {'x-trial': trial, 'x-request-id': id} = headers
  const kept = {...(trial && {'x-trial': trial}), ...(id && {'x-request-id': id})}
  const asked = ask(url, {method, headers: kept, agent: false}, answered => {
    answered.resume()
    answered.on('end', () => send(request, response, {status: answered.statusCode}))
  })
  asked.on('error', error => send(request, response, {status: 502, error: error.code}))
  asked.end()
}

function send(request, response, {status = 200, ...more}) {
  const {url, method, headers} = request
  response.writeHead(status, {'content-type': 'application/json', 'x-answered-by': hostname()})
  response.end(`${JSON.stringify({from: hostname(), version: VERSION, url, method, headers, ...more})}\n`)
}

createServer(answer).listen(Number(PORT), () => console.log(`listening on ${PORT}`))

for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0))
