import assert from 'node:assert/strict'
import {existsSync} from 'node:fs'
import {after, before, it} from 'node:test'
import type {Cluster} from '../testbed/cluster/cluster.ts'
import {startCluster} from '../testbed/cluster/start.ts'
import {clusterDirectory} from '../testbed/cluster/state.ts'
import {forwardPorts, seeEverything} from '../testbed/cluster/users.ts'
import {controlGroupsOf, hostState, processesOf} from '../testbed/host.ts'
import type {HostState} from '../testbed/host.ts'
import {describeOnTestbed} from '../testbed/suite.ts'
import {echoApp} from '../testbed/use/apps.ts'
import {failuresBySecond} from '../testbed/use/load.ts'
import {portForward} from '../testbed/use/port-forward.ts'
import {echoOf} from '../testbed/use/requests.ts'

const client = {namespace: 'shop', app: 'client', container: 'app'}
const server = {namespace: 'shop', app: 'server'}
const outsider = {namespace: 'outside', app: 'client'}
const url = 'http://server.shop/'

// Istio leaves out most statistics of a proxy unless its pod asks for them.
const showHandshakes = {'sidecar.istio.io/statsInclusionRegexps': '.*ssl\\.handshake'}

const strict = {
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: {name: 'default', namespace: 'shop'},
  spec: {mtls: {mode: 'STRICT'}},
}

describeOnTestbed('a real cluster', {timeout: 300_000}, () => {
  let hostBefore: HostState
  let cluster: Cluster

  before(async () => {
    hostBefore = await hostState()
    cluster = await startCluster({name: 'e2e'})
    await cluster.createNamespace('shop')
    await cluster.createNamespace('outside', {injection: false})
    await cluster.apply([
      ...echoApp({namespace: 'shop', name: 'client'}),
      ...echoApp({namespace: 'shop', name: 'server', podAnnotations: showHandshakes}),
      ...echoApp({namespace: 'outside', name: 'client'}),
    ])
    await Promise.all([cluster.waitForPods('shop'), cluster.waitForPods('outside')])
    await cluster.waitForProxies()
  })
  after(() => cluster?.stop())

  it('injects a native sidecar where the namespace says so', async () => {
    const [pod] = await cluster.waitForPods('shop')
    const [plain] = await cluster.waitForPods('outside')
    assert.equal(pod?.meshed, true)
    assert.equal(plain?.meshed, false)
    const init = ['-o', 'jsonpath={.spec.initContainers[?(@.name=="istio-proxy")].restartPolicy}']
    assert.equal(
      await cluster.tools.kubectl(['get', 'pod', '-n', 'shop', pod?.name ?? '', ...init]),
      'Always',
    )
  })

  it('carries a request over mTLS: the server sees both identities', async () => {
    const answer = await cluster.request({from: client, url})
    assert.equal(answer.status, 200)
    const certificate = echoOf(answer).headers['x-forwarded-client-cert'] ?? ''
    assert.match(certificate, /By=spiffe:\/\/cluster\.local\/ns\/shop\/sa\/server/)
    assert.match(certificate, /URI=spiffe:\/\/cluster\.local\/ns\/shop\/sa\/client/)
  })

  it('shows the access log, statistics and configuration of a proxy', async () => {
    await cluster.request({from: client, url: `${url}status/418`})
    const log = await cluster.accessLogs(server)
    assert.ok(log.some(entry => entry.path === '/status/418' && entry.response_code === 418))
    const stats = await cluster.proxyStats(server, 'ssl\\.handshake$')
    assert.ok(Object.values(stats).some(count => count > 0))
    const dump = JSON.stringify(await cluster.configDump(client))
    assert.match(dump, /outbound\|80\|\|server\.shop\.svc\.cluster\.local/)
  })

  it('refuses an invalid object, as validation is fail-closed', async () => {
    const invalid = {...strict, spec: {mtls: {mode: 'STRICTEST'}}}
    await assert.rejects(cluster.apply([invalid]), /STRICTEST/)
    const nowhere = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: {name: 'nowhere', namespace: 'shop'},
      spec: {hosts: ['server'], http: [{name: 'nowhere'}]},
    }
    await assert.rejects(cluster.apply([nowhere]), /admission webhook "validation\.istio\.io" denied/)
  })

  it('resets a plaintext client once STRICT is acknowledged, and keeps a meshed one', async () => {
    assert.equal((await cluster.request({from: outsider, url})).status, 200)
    const load = await cluster.startLoad({from: client, url, perSecond: 20})
    await cluster.apply([strict])
    await cluster.waitForProxies()
    assert.equal((await cluster.request({from: outsider, url})).error, 'ECONNRESET')
    const seconds = await load.stop()
    assert.deepEqual([...failuresBySecond(seconds)], [])
    assert.ok(seconds.reduce((sum, {sent}) => sum + sent, 0) >= 10)
    await cluster.remove([strict])
    await cluster.waitForProxies()
    assert.equal((await cluster.request({from: outsider, url})).status, 200)
  })

  it('works with kubectl: get, logs, exec and port-forward', async () => {
    const {kubectl} = cluster.tools
    assert.match(await kubectl(['get', 'pods', '-n', 'shop']), /server-\S+ +2\/2 +Running/)
    assert.match(await kubectl(['logs', '-n', 'shop', 'deploy/server', '-c', 'app']), /listening on 8080/)
    assert.match(
      await kubectl(['exec', '-n', 'shop', 'deploy/server', '-c', 'app', '--', 'id', '-u']),
      /^1000$/,
    )
    const admin = await cluster.portForward({namespace: 'shop', target: 'deploy/server', port: 15000})
    const ready = await fetch(`http://127.0.0.1:${admin.port}/ready`).finally(admin.close)
    assert.match(await ready.text(), /LIVE/)
  })

  it('works with istioctl: analyze, proxy-status and proxy-config', async () => {
    const {istioctl} = cluster.tools
    assert.doesNotMatch(await istioctl(['analyze', '-n', 'shop']), /Error|Warning/)
    assert.match(await istioctl(['proxy-status']), /server-\S+\.shop +Kubernetes +istiod-\S+ +1\.31\.0/)
    const clusters = await istioctl(['proxy-config', 'clusters', 'deploy/client', '-n', 'shop'])
    assert.match(clusters, /server\.shop\.svc\.cluster\.local +80 +- +outbound +EDS/)
  })

  it('lets a user do what their rules say, where they say it, and nothing else', async () => {
    const reader = await cluster.user({name: 'reader', rules: [seeEverything]})
    assert.match(await reader.kubectl(['get', 'pods', '--all-namespaces']), /server-\S+ +2\/2/)
    await assert.rejects(
      reader.kubectl(['delete', 'service', 'server', '-n', 'shop']),
      /cannot delete resource/,
    )
    await assert.rejects(reader.kubectl(['exec', '-n', 'shop', 'deploy/server', '--', 'id']), /pods\/exec/)
    const admin = {namespace: 'shop', target: 'deploy/server', port: 15000}
    await assert.rejects(portForward(reader, admin), /port-forward ended/)
    const local = await cluster.user({name: 'local', rules: [seeEverything, forwardPorts], namespace: 'shop'})
    const forwarded = await portForward(local, admin)
    await forwarded.close()
    await assert.rejects(local.kubectl(['get', 'pods', '-n', 'outside']), /cannot list resource "pods"/)
  })

  it('leaves the machine as it was, while it runs and after', async () => {
    assert.deepEqual(await hostState(), hostBefore)
    const {name} = cluster
    await cluster.stop()
    assert.deepEqual(await hostState(), hostBefore)
    assert.deepEqual(processesOf(clusterDirectory(name)), [])
    assert.deepEqual(controlGroupsOf(name), [])
    assert.equal(existsSync(clusterDirectory(name)), false)
  })
})
