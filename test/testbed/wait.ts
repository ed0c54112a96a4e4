import {setTimeout as sleep} from 'node:timers/promises'

export interface WaitOptions {
  timeoutMs?: number
  everyMs?: number
}

/**
 * Asks again and again until the answer is not undefined. An attempt that throws is one that is not
 * ready yet; the last reason is told when time is up.
 */
export async function waitFor<T>(
  what: string,
  attempt: () => Promise<T | undefined>,
  {timeoutMs = 60_000, everyMs = 200}: WaitOptions = {},
): Promise<T> {
  const end = Date.now() + timeoutMs
  let lastReason: unknown
  for (;;) {
    try {
      const answer = await attempt()
      if (answer !== undefined) return answer
    } catch (reason) {
      lastReason = reason
    }
    if (Date.now() > end) {
      throw new Error(`waited ${timeoutMs / 1000} s for ${what}`, {cause: lastReason})
    }
    await sleep(everyMs)
  }
}
