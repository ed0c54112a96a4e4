import {readFileSync} from 'node:fs'
import {waitFor} from '../wait.ts'

/** A process that is told from a later one with the same number by when it was started. */
export interface ProcessIdentity {
  pid: number
  startedAt: string
}

/** Names a running process so that it can be recognised later, also by another process. */
export function identify(pid: number): ProcessIdentity {
  const startedAt = startTime(pid)
  if (startedAt === undefined) throw new Error(`process ${pid} is not running`)
  return {pid, startedAt}
}

export function isAlive({pid, startedAt}: ProcessIdentity): boolean {
  return startTime(pid) === startedAt
}

/** Kills one process for good and waits until the kernel has let go of it. */
export async function kill(identity: ProcessIdentity): Promise<void> {
  if (!isAlive(identity)) return
  process.kill(identity.pid, 'SIGKILL')
  await waitFor(`process ${identity.pid} to end`, async () => (isAlive(identity) ? undefined : true), {
    everyMs: 20,
  })
}

function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is a name in parentheses that may hold spaces; field 3 is the state.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
