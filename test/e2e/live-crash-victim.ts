import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import type {ChildProcessByStdio} from 'node:child_process'
import {once} from 'node:events'
import {join} from 'node:path'
import type {Readable, Writable} from 'node:stream'
import {setTimeout as sleep} from 'node:timers/promises'
import type {Request} from '../../src/flows/adopt.ts'

/** What a process does before it is killed, and when that is. */
export interface Victim {
  /** A step of a stage, that of the scene in a namespace, or the way back from a step. */
  readonly does: Request | {readonly scene: string} | {readonly back: string}
  readonly moment: 'before' | 'after' | 'never'
  /** Of which of its writes. */
  readonly nth: number
}

export interface Ended {
  readonly signal: string | null
  /** How many it sent, where it came to its end. */
  readonly writes: number
  /** How long it was at it. */
  readonly ms: number
}

type Child = ChildProcessByStdio<Writable, Readable, null>

/** Processes that are killed, each started while the one before it dies: a start takes longer than a step. */
export class Victims {
  readonly #kubeconfig: string
  #next: Child

  constructor(kubeconfig: string) {
    this.#kubeconfig = kubeconfig
    this.#next = this.#start()
  }

  #start(): Child {
    const file = join(import.meta.dirname, 'live-crash-child.ts')
    return spawn(process.execPath, [file, this.#kubeconfig], {stdio: ['pipe', 'pipe', 'inherit']})
  }

  async run(victim: Victim, killAfterMs?: number): Promise<Ended> {
    const child = this.#next
    this.#next = this.#start()
    let out = ''
    let begun = 0
    child.stdout.on('data', (part: Buffer) => {
      const begins = out === ''
      out += part.toString()
      if (begins) begun = Date.now()
      if (begins && killAfterMs !== undefined) void sleep(killAfterMs).then(() => child.kill('SIGKILL'))
    })
    child.stdin.write(`${JSON.stringify(victim)}\n`)
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
    assert.ok(signal === 'SIGKILL' || code === 0, `the child failed: ${code}`)
    return {signal, writes: Number(/writes (\d+)/.exec(out)?.[1] ?? 0), ms: Date.now() - begun}
  }

  close(): void {
    this.#next.kill('SIGKILL')
  }
}
