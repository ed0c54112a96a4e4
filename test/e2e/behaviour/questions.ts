import {spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import type {UserTools} from '../../testbed/cluster/kubectl.ts'
import type {Answer} from '../../testbed/use/requests.ts'

/** An HTTP request, or a connection on which the server is to speak first; as test/testbed/app/ask.mjs reads it. */
export interface Question {
  readonly url?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly connect?: {readonly host: string; readonly port: number}
  readonly tls?: boolean
  readonly timeoutMs?: number
}

/** One pod from which questions are asked, without starting a program for each. */
export class Questioner {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #asked = 0

  constructor(tools: UserTools, {namespace, pod}: {namespace: string; pod: string}) {
    const exec = ['exec', '-i', '-n', namespace, pod, '-c', 'app', '--', 'node', '/testbed/ask.mjs']
    this.#child = spawn(join(tools.commands, 'kubectl'), exec, {
      env: {...process.env, KUBECONFIG: tools.kubeconfig},
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    if (this.#child.stdout === null) throw new Error('no output to read answers from')
    createInterface({input: this.#child.stdout}).on('line', line => {
      const {id, ...answer} = JSON.parse(line) as Answer & {id: number}
      this.#waiting.get(id)?.(answer)
      this.#waiting.delete(id)
    })
    this.#child.on('exit', () => {
      for (const answer of this.#waiting.values()) answer({error: 'the pod ended', ms: 0})
    })
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  ask(question: Question): Promise<Answer> {
    const id = ++this.#asked
    return new Promise(resolve => {
      this.#waiting.set(id, resolve)
      this.#child.stdin?.write(`${JSON.stringify({id, ...question})}\n`)
    })
  }

  end(): void {
    this.#child.stdin?.end()
    this.#child.kill()
  }
}
