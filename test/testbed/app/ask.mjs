// Asks whatever it is told to by lines of JSON on its input, all at once, and prints each answer as a line of JSON
// with the `id` of the question. Every question has a connection of its own.
//   {id, url, method, headers, body, timeoutMs}  an HTTP request
//   {id, connect: {host, port}, tls, timeoutMs}  a connection: what comes without saying anything, in TLS or not
import {request} from 'node:http'
import {connect as connectTcp} from 'node:net'
import {createInterface} from 'node:readline'
import {connect as connectTls} from 'node:tls'
import {sharedKey} from './shared-key.mjs'

createInterface({input: process.stdin}).on('line', line => {
  const {id, ...question} = JSON.parse(line)
  const begin = performance.now()
  const report = outcome => {
    question.answered ??=
      console.log(JSON.stringify({id, ...outcome, ms: Math.round(performance.now() - begin)})) ?? true
  }
  if (question.connect === undefined) askHttp(question, report)
  else listen(question, report)
})

function askHttp({url, method = 'GET', headers = {}, body, timeoutMs = 10_000}, report) {
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
}

function listen({connect, tls = false, timeoutMs = 2_000}, report) {
  const {ciphers, maxVersion, psk} = sharedKey
  const checkServerIdentity = () => undefined
  const options = {ciphers, maxVersion, checkServerIdentity, pskCallback: () => ({psk, identity: 'tester'})}
  const socket = tls ? connectTls({...connect, ...options}) : connectTcp(connect)
  const end = outcome => {
    report(outcome)
    socket.destroy()
  }
  socket.setTimeout(timeoutMs, () => end({error: 'ETIMEDOUT'}))
  socket.on('data', data => end({body: data.toString()}))
  socket.on('error', error => end({error: error.code ?? error.message}))
  socket.on('end', () => end({error: 'closed'}))
}
