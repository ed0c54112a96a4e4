import {setTimeout as sleep} from 'node:timers/promises'
import {execFile} from 'node:child_process'
import {join} from 'node:path'
import type {Json, JsonObject} from '../../src/objects/object.ts'
import {record, records, text} from '../../src/objects/json.ts'
import {forwardFromHost} from '../testbed/cluster/forward.ts'
import {clusterDirectory, holderOf, readState} from '../testbed/cluster/state.ts'
import {xdsClient} from '../testbed/parts/go.ts'
import {ensureParts, partDirectory} from '../testbed/parts/part.ts'
import type {GivenConfiguration, ProxyIntroduction} from '../testbed/xds/ask.ts'

/** The istiod of a cluster on paper, over connections that stay open: what it knows, and what it gives proxies. */
export class Istiod {
  readonly #client: string
  readonly #xds: number
  readonly #debug: number

  private constructor(client: string, xds: number, debug: number) {
    this.#client = client
    this.#xds = xds
    this.#debug = debug
  }

  static async of(clusterName: string): Promise<Istiod> {
    const state = await readState(clusterName)
    if (state === undefined) throw new Error(`no cluster ${clusterName} is running`)
    const client = xdsClient(state.line)
    await ensureParts([client])
    const namespaces = {holder: holderOf(state)}
    const log = join(clusterDirectory(clusterName), 'logs', 'forwarder.log')
    const [xds, debug] = await Promise.all(
      [15010, 15014].map(port => forwardFromHost(namespaces, {port, log})),
    )
    if (xds === undefined || debug === undefined) throw new Error('istiod is not reached')
    return new Istiod(join(partDirectory(client), 'xdsclient'), xds.port, debug.port)
  }

  async debug(page: string): Promise<Json> {
    const answer = await fetch(`http://127.0.0.1:${this.#debug}/debug/${page}`)
    return (await answer.json()) as Json
  }

  /** Waits until istiod's objects are those of the API server: all that are wanted, and none that was taken away. */
  async waitForObjects(wanted: readonly JsonObject[], namespaces: ReadonlySet<string>): Promise<void> {
    const keys = new Set(wanted.map(keyOf))
    await this.#until('istiod to know the policies', async () => {
      const known = records(await this.debug('configz')).filter(one =>
        namespaces.has(text(record(one['metadata'])['namespace']) ?? ''),
      )
      return known.length === keys.size && known.every(one => keys.has(keyOf(one)))
    })
  }

  /** Waits until what istiod gives proxies rests on everything up to a marker: an AuthorizationPolicy written last. */
  async waitForMarker(namespace: string, name: string): Promise<void> {
    await this.#until('istiod to have computed what it gives', async () => {
      const policies = record(record(await this.debug('pushcontext'))['AuthorizationPolicies'])
      return JSON.stringify(
        record(policies['namespace_to_policies'] ?? policies['NamespaceToPolicies'])[namespace] ?? null,
      ).includes(`"${name}"`)
    })
  }

  async #until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 20_000
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
      await sleep(15)
    }
  }

  ask(proxies: readonly ProxyIntroduction[]): Promise<GivenConfiguration[]> {
    return new Promise((resolve, reject) => {
      const child = execFile(
        this.#client,
        [`127.0.0.1:${this.#xds}`],
        {maxBuffer: 512 << 20},
        (error, stdout) => {
          if (error !== null) reject(new Error('istiod could not be asked', {cause: error}))
          else
            resolve(
              stdout
                .split('\n')
                .filter(Boolean)
                .map(line => JSON.parse(line) as GivenConfiguration),
            )
        },
      )
      child.stdin?.end(JSON.stringify(proxies))
    })
  }
}

/** An object, and no other of its name. */
function keyOf(object: JsonObject): string {
  const metadata = record(object['metadata'])
  return JSON.stringify([object['kind'], metadata['namespace'], metadata['name'], metadata['uid']])
}
