import assert from 'node:assert/strict'
import {after, before, it} from 'node:test'
import type {Cluster} from '../testbed/cluster/cluster.ts'
import {startCluster} from '../testbed/cluster/start.ts'
import {describeOnTestbed} from '../testbed/suite.ts'
import {echoApp} from '../testbed/use/apps.ts'
import type {ProxyIntroduction} from '../testbed/xds/ask.ts'

describeOnTestbed('a cluster with pods on paper', {timeout: 120_000}, () => {
  let cluster: Cluster
  let proxies: ProxyIntroduction[]

  before(async () => {
    cluster = await startCluster({name: 'light', pods: 'paper'})
    await cluster.createNamespace('paper')
    const apps = [...echoApp({namespace: 'paper', name: 'a'}), ...echoApp({namespace: 'paper', name: 'b'})]
    proxies = await cluster.applyOnPaper(apps, {pods: 2})
  })
  after(() => cluster?.stop())

  it('injects pods and checks objects as a whole cluster does', async () => {
    const init = ['-o', 'jsonpath={.items[*].spec.initContainers[*].name}']
    const names = await cluster.tools.kubectl(['get', 'pods', '-n', 'paper', ...init])
    assert.equal(names, 'istio-init istio-proxy istio-init istio-proxy')
    const nowhere = {...plaintextTo('b'), spec: {host: 'b', trafficPolicy: {tls: {mode: 'SIMPLEST'}}}}
    await assert.rejects(cluster.apply([nowhere]), /SIMPLEST/)
  })

  it('shows what istiod would give a proxy, before a change and after', async () => {
    const before = await tlsToB()
    assert.match(before, /istiod|tlsMode-istio/) // by itself, mTLS where the endpoint has a sidecar
    await cluster.apply([plaintextTo('b')])
    await cluster.waitForProxies()
    assert.equal(await tlsToB(), '')
  })

  /** How the proxy of `a` connects to `b`, as JSON; empty for plaintext. */
  async function tlsToB(): Promise<string> {
    const [given] = await cluster.askForConfiguration(proxies.filter(({labels}) => labels?.app === 'a'))
    const toB = given?.clusters.find(({name}) => name === 'outbound|80||b.paper.svc.cluster.local')
    assert.ok(toB, `no cluster for b in what ${given?.proxy} was given: ${given?.error}`)
    const {transport_socket: socket, transport_socket_matches: matches} = toB
    return socket === undefined && matches === undefined ? '' : JSON.stringify({socket, matches})
  }
})

function plaintextTo(host: string): object {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: {name: host, namespace: 'paper'},
    spec: {host, trafficPolicy: {tls: {mode: 'DISABLE'}}},
  }
}
