// Programs that run in pods of the testbed's app image, as text: `node -e`.

/**
 * On every port answers HTTP/1.1 and HTTP/2 in plaintext and echoes all else, so that it is no matter for what a route
 * takes it; on one it greets who says nothing. An HTTP/1.1 connection serves one request.
 */
export const serverProgram = `
const http = require('node:http'), http2 = require('node:http2'), net = require('node:net')
const answer = (request, response) => {
  if (request.httpVersionMajor === 1) response.setHeader('connection', 'close')
  response.writeHead(200)
  response.end(JSON.stringify({identity: request.headers['x-forwarded-client-cert'] !== undefined}))
}
const one = http.createServer(answer), two = http2.createServer(answer).listen(0, '127.0.0.1')
for (const port of [8080, 8081, 9000, 9101, 3306, 8443]) net.createServer(socket => {
  socket.on('error', () => {})
  const greeting = port === 3306 ? setTimeout(() => socket.end('welcome'), 300) : undefined
  socket.once('data', data => {
    clearTimeout(greeting)
    socket.pause()
    socket.unshift(data)
    const start = data.toString('latin1')
    // An HTTP/2 session reads from the socket itself, past what was put back.
    if (start.startsWith('PRI * HTTP/2')) socket.pipe(net.connect(two.address().port, '127.0.0.1')).on('error', () => socket.destroy()).pipe(socket)
    else if (start.includes(' HTTP/1.')) one.emit('connection', socket)
    else socket.pipe(socket)
    socket.resume()
  })
}).listen(port)
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0))
`

/** Makes each of some calls a few times, all at once, and prints for each whether it was answered. */
export const callerProgram = `
const http = require('node:http'), net = require('node:net')
const calls = JSON.parse(process.argv[1])
const overHttp = ({host, port}) => new Promise(done => {
  const request = http.get({host, port, agent: false, timeout: 5000}, response => {
    let text = ''
    response.on('data', piece => (text += piece))
    response.on('end', () => {
      // What a proxy answers by itself, a redirect or a direct response, is no JSON and knows no identity.
      const byServer = text.startsWith('{')
      const identity = byServer && JSON.parse(text).identity
      done({ok: response.statusCode < 400, how: response.statusCode + (byServer ? '' : ' by a proxy'), identity})
    })
    response.on('error', error => done({ok: false, how: error.code}))
  })
  request.on('timeout', () => request.destroy(Object.assign(new Error(), {code: 'timeout'})))
  request.on('error', error => done({ok: false, how: error.code}))
})
// Envoy's TLS inspector waits for five bytes before it takes a connection for plaintext, its HTTP inspector for the end
// of a line if what comes first may be a method.
const message = '\\u0000ping from a caller'
const overTcp = ({host, port, speaks}) => new Promise(done => {
  const waits = speaks === 'server-first'
  const socket = net.connect({host, port}, () => { if (!waits) socket.write(message) })
  socket.setTimeout(5000, () => { socket.destroy(); done({ok: false, how: 'timeout'}) })
  const expected = waits ? 'welcome' : message
  socket.on('data', data => { socket.destroy(); done({ok: String(data) === expected, how: 'data', identity: null}) })
  socket.on('error', error => done({ok: false, how: error.code}))
  socket.on('close', () => done({ok: false, how: 'closed'}))
})
Promise.all(calls.map(async call => {
  const tries = []
  for (let i = 0; i < call.times; i++) tries.push(await (call.speaks === 'http' ? overHttp : overTcp)(call))
  return tries
})).then(all => { console.log(JSON.stringify(all)); process.exit(0) })
`
