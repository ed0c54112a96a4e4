// Slow or failing on demand. From the environment at start, from `PUT /switches` later, or for one request by
// its query: `?delay_ms=500&fail_status=503`.
//
//   DELAY_MS      wait so long before answering
//   FAIL_RATE     the share of requests that fail, 0..1; evenly spread and not by chance: 0.25 is each fourth
//   FAIL_STATUS   the status with which they fail (503)
//   COPY_HEADERS  which correlation headers are handed on to other services: none, b3, w3c or all

export const copyChoices = ['none', 'b3', 'w3c', 'all']

export function switches(env) {
  let requests = 0
  let now = checked({
    delayMs: Number(env.DELAY_MS ?? 0),
    failRate: Number(env.FAIL_RATE ?? 0),
    failStatus: Number(env.FAIL_STATUS ?? 503),
    copyHeaders: env.COPY_HEADERS ?? 'none',
  })
  return {
    now: () => now,
    get copyHeaders() {
      return now.copyHeaders
    },
    set(changes) {
      now = checked({...now, ...changes})
      requests = 0
      return now
    },
    /** Waits as long as is set; the status to fail with, or null. */
    async apply(query) {
      requests += 1
      const share = now.failRate
      const failing = Math.floor(requests * share) > Math.floor((requests - 1) * share)
      const delay = Number(query.get('delay_ms') ?? now.delayMs)
      if (delay > 0) await new Promise(resolve => setTimeout(resolve, delay))
      if (query.has('fail_status'))
        return checked({...now, failStatus: Number(query.get('fail_status'))}).failStatus
      return failing ? now.failStatus : null
    },
  }
}

function checked({delayMs, failRate, failStatus, copyHeaders}) {
  if (!(delayMs >= 0)) throw new SyntaxError('delayMs is a number of milliseconds')
  if (!(failRate >= 0 && failRate <= 1)) throw new SyntaxError('failRate is between 0 and 1')
  if (!(Number.isInteger(failStatus) && failStatus >= 400 && failStatus <= 599))
    throw new SyntaxError('failStatus is a status from 400 to 599')
  if (!copyChoices.includes(copyHeaders))
    throw new SyntaxError(`copyHeaders is one of ${copyChoices.join(', ')}`)
  return {delayMs, failRate, failStatus, copyHeaders}
}
