import assert from 'node:assert/strict'
import {after, before, it} from 'node:test'
import {runCli} from '../cli/run-cli.ts'
import type {Cluster} from '../testbed/cluster/cluster.ts'
import {startCluster} from '../testbed/cluster/start.ts'
import {repository} from '../testbed/paths.ts'
import {describeOnTestbed} from '../testbed/suite.ts'
import {installBookinfo} from '../testbed/use/bookinfo.ts'
import {failuresBySecond} from '../testbed/use/load.ts'
import type {Span} from '../testbed/use/spans.ts'
import {waitFor} from '../testbed/wait.ts'

// It is not in the mesh, and asks as somebody from outside would.
const outsider = {namespace: 'batch', app: 'ratings-export'}
const page = {
  from: outsider,
  url: 'http://istio-ingressgateway.istio-system/productpage',
  headers: {host: 'bookinfo.example.com'},
}

describeOnTestbed('Bookinfo behind its gateway', {timeout: 300_000, tracing: true}, () => {
  let cluster: Cluster

  before(async () => {
    cluster = await startCluster({name: 'tracing', tracing: true, istio: {gateway: true}})
    await installBookinfo(cluster)
  })
  after(() => cluster?.stop())

  it('answers through the gateway, and only to its own host', async () => {
    const answer = await cluster.request(page)
    assert.equal(answer.status, 200)
    assert.match(answer.body ?? '', /<html/)
    assert.equal(answer.headers?.['server'], 'istio-envoy')
    const unknown = await cluster.request({...page, headers: {host: 'elsewhere.example.com'}})
    assert.equal(unknown.status, 404)
  })

  it('sends no spans before somebody asks for them', async () => {
    assert.deepEqual(await cluster.spans(), [])
  })

  it('reports spans of both sides of a call once tracing is adopted, without a failed request', async () => {
    // On a busy machine a page takes seconds.
    const load = await cluster.startLoad({...page, perSecond: 5, timeoutMs: 20_000})
    const adopted = await meshctl([...adoptTracing, '--yes'])
    assert.equal(adopted['verified'], 'proven', JSON.stringify(adopted))
    const [client, server] = await waitFor('spans of both sides of a call', async () =>
      callBetween(await cluster.spans({service: 'reviews.bookinfo'}), 'productpage', 'reviews'),
    )
    assert.equal(client.tags?.['http.status_code'], '200')
    assert.equal(server.tags?.['istio.canonical_service'], 'reviews')
    const seconds = await load.stop()
    assert.deepEqual([...failuresBySecond(seconds)], [], JSON.stringify(seconds))
    assert.ok(seconds.reduce((sum, {sent}) => sum + sent, 0) >= 5)

    assert.notEqual(await telemetries(), '')
    await meshctl(['rollback', String(adopted['ledgerId']), '--yes'])
    assert.equal(await telemetries(), '')
  })

  function telemetries(): Promise<string> {
    return cluster.tools.kubectl(['get', 'telemetries', '--all-namespaces', '-o', 'name'])
  }

  async function meshctl(words: readonly string[]): Promise<Record<string, unknown>> {
    const ran = await runCli([...words, '--json'], {cwd: repository, env: {KUBECONFIG: cluster.kubeconfig}})
    assert.equal(ran.status, 0, `${words.join(' ')}: ${ran.stdout}${ran.stderr}`)
    return JSON.parse(ran.stdout) as Record<string, unknown>
  }
})

const adoptTracing = [
  ...['adopt', 'tracing', '--stage', 'walk', '--provider', 'zipkin', '--sampling', '100'],
  ...['--target', 'bookinfo/productpage', '--target', 'bookinfo/reviews'],
]

/** One call as its client told it, and as its server did. */
function callBetween(spans: Span[], client: string, server: string): [Span, Span] | undefined {
  const told = (kind: Span['kind'], app: string) =>
    spans.filter(span => span.kind === kind && span.localEndpoint?.serviceName === `${app}.bookinfo`)
  for (const there of told('SERVER', server)) {
    // Both sides may share one span, or the server's may be a child of the client's.
    const here = told('CLIENT', client).find(
      span => span.traceId === there.traceId && [there.id, there.parentId].includes(span.id),
    )
    if (here !== undefined) return [here, there]
  }
  return undefined
}
