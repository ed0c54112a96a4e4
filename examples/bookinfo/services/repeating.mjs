/** Does a call at once and then again and again, and counts how it went. */
export function repeating(everyMs, log, once) {
  let succeeded = 0
  let failed = 0
  let timer
  let stopped = false
  const round = async () => {
    const {status, error} = await once()
    if (status === 200) succeeded += 1
    else failed += 1
    if (status !== 200) log('failed', {status, error})
    if (!stopped) timer = setTimeout(round, everyMs)
  }
  timer = setTimeout(round, 0)
  return {
    counts: () => ({succeeded, failed}),
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
