/** Tells the person who waits what is going on; stdout stays free for answers. */
export function say(line: string): void {
  process.stderr.write(`testbed: ${line}\n`)
}

/** Runs one step and says how long it took when MESHCTL_TESTBED_TIMES is set. */
export async function timed<T>(step: string, work: () => Promise<T>): Promise<T> {
  const begin = Date.now()
  try {
    return await work()
  } finally {
    if (process.env.MESHCTL_TESTBED_TIMES) say(`${step}: ${((Date.now() - begin) / 1000).toFixed(1)} s`)
  }
}
