import {randomUUID} from 'node:crypto'
import {at, record, records, text, textMap} from '../../../src/objects/json.ts'
import type {Json, JsonObject} from '../../../src/objects/object.ts'
import type {Cluster} from '../../testbed/cluster/cluster.ts'
import {listPods} from '../../testbed/use/pods.ts'
import type {PodFacts} from '../../testbed/use/pods.ts'
import type {Answer} from '../../testbed/use/requests.ts'
import {Objects, objectsIn, without} from './objects.ts'
import {Questioner} from './questions.ts'
import type {Question} from './questions.ts'
import {Istiod} from './sync.ts'

/** The running cast: who is asked, from where, and what came of it. */
export class Stage {
  readonly cluster: Cluster
  readonly #objects: Objects
  readonly #istiod: Istiod
  readonly #questioners = new Map<string, Questioner>()
  #pods: readonly PodFacts[] = []

  private constructor(cluster: Cluster, objects: Objects, istiod: Istiod) {
    this.cluster = cluster
    this.#objects = objects
    this.#istiod = istiod
  }

  static async in(cluster: Cluster): Promise<Stage> {
    return new Stage(cluster, await Objects.of(cluster.kubeconfig), await Istiod.of(cluster))
  }

  /** Applies manifests, and waits until pods and proxies are as they say. */
  async play(...manifests: readonly string[]): Promise<void> {
    await this.#become(objectsIn(...manifests), [])
  }

  /** The same after others, of which those that have gone are removed. */
  async replace(before: string, after: string): Promise<void> {
    const objects = objectsIn(after)
    await this.#become(objects, without(objectsIn(before), objects))
  }

  async remove(...manifests: readonly string[]): Promise<void> {
    await this.#remove(objectsIn(...manifests))
  }

  /** The pods of an app that are ready. */
  pods(app: string): readonly PodFacts[] {
    return this.#pods.filter(pod => pod.labels['app'] === app && pod.ready)
  }

  ip(app: string): string {
    return this.#one(app).ip
  }

  /** Asks from a pod of the app: a URL, or a question of more words. */
  ask(app: string, question: string | Question): Promise<Answer> {
    return this.#questioner(this.#one(app)).ask(typeof question === 'string' ? {url: question} : question)
  }

  async status(app: string, question: string | Question): Promise<number | string> {
    const {status, error} = await this.ask(app, question)
    return status ?? error ?? 'nothing'
  }

  /** The same question so many times, one after the other. */
  async askInTurn(app: string, times: number, question: string | Question): Promise<readonly Answer[]> {
    const answers: Answer[] = []
    while (answers.length < times) answers.push(await this.ask(app, question))
    return answers
  }

  /** Asks once from `from`, and counts the requests that this makes arrive at the pods of `at`. */
  async arrivals(
    from: string,
    at: string,
    question: Question,
  ): Promise<{status: number | string; arrivals: number}> {
    const trial = randomUUID()
    const status = await this.status(from, {...question, headers: {...question.headers, 'x-trial': trial}})
    return {status, arrivals: await this.arrivalsOf(at, trial)}
  }

  /** How many requests of a trial, or without one with this path, have come to the pods of an app. */
  async arrivalsOf(app: string, trial: string): Promise<number> {
    const counts = await Promise.all(
      this.pods(app).map(async pod => {
        const {body = '{}'} = await this.#questioner(pod).ask({
          url: `http://127.0.0.1:8080/arrivals/${encodeURIComponent(trial)}`,
        })
        return Number((JSON.parse(body) as {arrivals?: number}).arrivals)
      }),
    )
    return counts.reduce((sum, count) => sum + count, 0)
  }

  /** What the admin port of the app's Envoy says. */
  async envoy(app: string, path: string): Promise<Json> {
    const {body} = await this.ask(app, `http://127.0.0.1:15000/${path}`)
    return JSON.parse(body ?? 'null') as Json
  }

  /** How many endpoints of an outbound cluster the app's Envoy has ejected. */
  async ejected(app: string, cluster: string): Promise<number> {
    const {cluster_statuses: clusters} = record(await this.envoy(app, 'clusters?format=json'))
    const hosts = records(clusters)
      .filter(one => text(one['name']) === cluster)
      .flatMap(one => records(one['host_statuses']))
    return hosts.filter(host => record(host['health_status'])['failed_outlier_check'] === true).length
  }

  async end(): Promise<void> {
    for (const questioner of this.#questioners.values()) questioner.end()
    await this.#istiod.close()
  }

  async #become(objects: readonly JsonObject[], gone: readonly JsonObject[]): Promise<void> {
    await this.#remove(gone)
    const applied = await this.#objects.apply(objects)
    const deployments = objects.filter(({kind}) => kind === 'Deployment')
    for (const {metadata} of deployments) {
      const {name, namespace} = textMap(metadata)
      await this.cluster.tools.kubectl([
        ...['rollout', 'status', `deployment/${name ?? ''}`, '-n', namespace ?? ''],
        '--timeout=120s',
      ])
    }
    if (deployments.length > 0) this.#pods = await listPods(this.cluster.tools)
    await this.#istiod.waitForObjects(applied, gone)
    await this.#istiod.waitForProxies(this.#pods)
  }

  async #remove(objects: readonly JsonObject[]): Promise<void> {
    await this.#objects.remove(objects)
    const apps = new Set(objects.map(object => at(object, ['spec', 'template', 'metadata', 'labels', 'app'])))
    this.#pods = this.#pods.filter(pod => !apps.has(pod.labels['app']))
  }

  #one(app: string): PodFacts {
    const [pod] = this.pods(app)
    if (pod === undefined) throw new Error(`no pod of ${app} is ready`)
    return pod
  }

  #questioner({namespace, name}: PodFacts): Questioner {
    const known = this.#questioners.get(name)
    if (known !== undefined && !known.ended) return known
    const made = new Questioner(this.cluster.tools, {namespace, pod: name})
    this.#questioners.set(name, made)
    return made
  }
}

export interface Echo {
  readonly from: string
  readonly version: string
  readonly headers: Readonly<Record<string, string>>
}

/** What the application said, or null where an Envoy answered in its place. */
export function echoOf({headers = {}, body}: Answer): Echo | null {
  return headers['x-answered-by'] === undefined ? null : (JSON.parse(body ?? 'null') as Echo)
}

/** Whether the server learned who asked, as it does over mTLS only. */
export function knowsItsClient(answer: Answer): boolean {
  return echoOf(answer)?.headers['x-forwarded-client-cert'] !== undefined
}
