// Sends requests at a steady rate and prints one line of JSON for each second; run in a pod by the
// testbed. It ends when its time is over or its input ends. Every request has its own connection unless
// keepAlive is asked for, so that each one meets the configuration as it is then.
import {Agent, request} from 'node:http'

const options = JSON.parse(process.argv[2])
const {url, perSecond, seconds, headers = {}, keepAlive = false, timeoutMs = 5_000} = options
const agent = keepAlive ? new Agent({keepAlive: true}) : false
const begin = Date.now()
const tallies = new Map()
let sending = true

const sender = setInterval(send, 1000 / perSecond)
const printer = setInterval(printFinished, 200)
setTimeout(stopSending, seconds * 1000).unref()
process.stdin.on('end', stopSending).resume()

function stopSending() {
  clearInterval(sender)
  process.stdin.destroy()
  sending = false
}

function send() {
  const tally = tallyOf(secondNow())
  tally.sent += 1
  const count = outcome => (tally.outcomes[outcome] = (tally.outcomes[outcome] ?? 0) + 1)
  let finish = outcome => {
    finish = () => {}
    count(outcome)
  }
  const sent = request(url, {headers, agent, timeout: timeoutMs}, response => {
    response.resume()
    response.on('end', () => finish(response.statusCode))
    response.on('error', error => finish(error.code ?? error.message))
  })
  sent.on('timeout', () => sent.destroy(Object.assign(new Error('timeout'), {code: 'ETIMEDOUT'})))
  sent.on('error', error => finish(error.code ?? error.message))
  sent.end()
}

function secondNow() {
  return Math.floor((Date.now() - begin) / 1000)
}

function tallyOf(second) {
  const at = new Date(begin + second * 1000).toISOString()
  if (!tallies.has(second)) tallies.set(second, {second, at, sent: 0, outcomes: {}})
  return tallies.get(second)
}

/** A second is printed when all of its requests are over, so that its numbers are final. */
function printFinished() {
  for (const tally of tallies.values()) {
    const answered = Object.values(tally.outcomes).reduce((sum, count) => sum + count, 0)
    if ((sending && tally.second >= secondNow()) || answered < tally.sent) return
    console.log(JSON.stringify(tally))
    tallies.delete(tally.second)
  }
  if (!sending) process.exit(0)
}
