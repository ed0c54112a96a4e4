// One image, one program: `node server.mjs reviews` is the reviews service. Plain JavaScript without
// dependencies, so that it runs wherever a `node` from version 20 on is.
import {createServer} from 'node:http'
import {readBody, sendJson} from './answers.mjs'
import {counting} from './counts.mjs'
import {switches} from './switches.mjs'

const names = ['productpage', 'reviews', 'ratings', 'details', 'ratings-export', 'export-mirror']
const name = process.argv[2] ?? process.env.SERVICE
if (!names.includes(name)) {
  console.error(`usage: node server.mjs ${names.join('|')}`)
  process.exit(2)
}

const version = process.env.VERSION ?? 'v1'
const behaviour = switches(process.env)
const counts = counting()
const {start} = await import(`./${name}.mjs`)
const service = await start({env: process.env, version, behaviour, log})
let last = null

/** What every service has beside its own paths; never slowed down, failed or counted. */
const ownPaths = {
  'GET /healthz': (request, response) => sendJson(response, 200, {service: name, version, healthy: true}),
  'GET /headers': (request, response) =>
    sendJson(response, 200, {service: name, version, headers: request.headers}),
  'GET /last': (request, response) => sendJson(response, 200, {service: name, version, last}),
  'GET /counts': (request, response) =>
    sendJson(response, 200, {service: name, version, ...counts.now(), ...service.state?.()}),
  'GET /switches': (request, response) => sendJson(response, 200, behaviour.now()),
  'PUT /switches': async (request, response) =>
    sendJson(response, 200, behaviour.set(JSON.parse(await readBody(request)))),
}

const server = createServer((request, response) => {
  handle(request, response).catch(error => {
    log('error', {message: error.message})
    if (!response.headersSent)
      sendJson(response, error instanceof SyntaxError ? 400 : 500, {service: name, error: error.message})
  })
})

async function handle(request, response) {
  const url = new URL(request.url, 'http://localhost')
  const own = ownPaths[`${request.method} ${url.pathname}`]
  if (own) return own(request, response)
  last = {method: request.method, path: request.url, headers: request.headers}
  response.on('finish', () => counts.add(request.method, url.pathname, response.statusCode))
  const failure = await behaviour.apply(url.searchParams)
  if (failure !== null)
    return sendJson(response, failure, {service: name, version, error: 'failed by a switch'})
  if ((await service.handle(request, response, url)) === false) {
    sendJson(response, 404, {service: name, error: `no such path: ${request.method} ${url.pathname}`})
  }
}

function log(event, details = {}) {
  console.log(JSON.stringify({service: name, version, event, ...details}))
}

server.listen(Number(process.env.PORT ?? 9080), process.env.ADDRESS, () => {
  log('listening', {port: server.address().port, ...service.ports?.()})
})

// A pod that is ending still gets requests for a moment, until everybody has heard of it: answer
// those that come within the grace period, then go.
let stopping = false
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    if (stopping) process.exit(1)
    stopping = true
    log('stopping', {signal})
    setTimeout(
      () => {
        service.stop?.()
        server.close(() => process.exit(0))
        server.closeIdleConnections()
      },
      Number(process.env.GRACE_MS ?? 2000),
    )
  })
}
