import assert from 'node:assert/strict'
import {mkdir, mkdtemp, readFile, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, it} from 'node:test'
import {Ajv} from 'ajv'

import {root, runCli} from '../cli/run-cli.ts'
import type {Ran} from '../cli/run-cli.ts'
import {startCluster} from '../testbed/cluster/start.ts'
import type {Cluster} from '../testbed/cluster/cluster.ts'
import {describeOnTestbed} from '../testbed/suite.ts'
import {installBookinfo} from '../testbed/use/bookinfo.ts'
import {failuresBySecond} from '../testbed/use/load.ts'

interface Cell {
  readonly capability: string
  readonly stage: string
  readonly subject: {readonly kind: string; readonly namespace: string; readonly name: string}
  readonly state: string
  readonly reasons: readonly {readonly code: string}[]
}

interface Told {
  readonly verified: string | null
  readonly verification: {
    readonly checks: readonly {readonly expected: string; readonly state: string}[]
  } | null
  readonly applied: boolean
  readonly rolledBack: boolean
  readonly ledgerId: string
  readonly written: {readonly files: readonly {readonly path: string; readonly action: string}[]} | null
  readonly changes: readonly {readonly diff: string}[]
}

interface Refusal {
  readonly code: string
  readonly message: string
  readonly try: readonly string[]
  readonly data: Record<string, unknown>
}

const servers = 'http://productpage.bookinfo:9080'

describeOnTestbed('adopting on a live mesh', {timeout: 900_000}, () => {
  let cluster: Cluster
  let dir: string

  before(async () => {
    cluster = await startCluster({name: 'adopt-live', istio: {gateway: true}})
    await installBookinfo(cluster)
    dir = await mkdtemp(join(tmpdir(), 'meshctl-live-'))
  })
  after(async () => {
    await cluster?.stop()
    if (dir !== undefined) await rm(dir, {recursive: true, force: true})
  })

  function meshctl(words: readonly string[], kubeconfig = cluster.kubeconfig): Promise<Ran> {
    return runCli(words, {cwd: dir, env: {KUBECONFIG: kubeconfig}})
  }

  async function told(words: readonly string[], exit = 0): Promise<Told> {
    const ran = await meshctl([...words, '--json'])
    assert.equal(ran.status, exit, `${words.join(' ')}: ${ran.stdout}${ran.stderr}`)
    const answer = JSON.parse(ran.stdout) as Told & {schema: string}
    await fitsSchema(answer)
    return answer
  }

  async function refused(words: readonly string[], exit: number): Promise<Refusal> {
    const ran = await meshctl([...words, '--json'])
    assert.equal(ran.status, exit, `${words.join(' ')}: ${ran.stdout}${ran.stderr}`)
    const answer = JSON.parse(ran.stdout) as {schema: string; error: Refusal}
    await fitsSchema(answer)
    return answer.error
  }

  /** What people and controllers decided of the objects that steps change; the server's own fields left out. */
  async function objects(): Promise<unknown> {
    const kinds = 'peerauthentications,virtualservices,destinationrules,deployments'
    const {items} = JSON.parse(
      await cluster.tools.kubectl(['get', kinds, '-A', '-o', 'json', '--show-managed-fields']),
    ) as {
      items: {metadata: Record<string, unknown>; status?: unknown}[]
    }
    return items.map(({metadata, status: _status, ...rest}) => {
      const {uid, resourceVersion, generation, creationTimestamp, managedFields, annotations, ...kept} =
        metadata
      const {'deployment.kubernetes.io/revision': _revision, ...notes} = (annotations ?? {}) as Record<
        string,
        string
      >
      const owners = (managedFields as {manager: string; subresource?: string}[])
        .filter(({subresource}) => subresource === undefined)
        .map(({manager}) => manager)
        .filter(manager => manager !== 'kube-controller-manager')
        .sort()
      void [uid, resourceVersion, generation, creationTimestamp]
      return {...rest, metadata: {...kept, annotations: notes, owners}}
    })
  }

  async function page(): Promise<number | string | undefined> {
    const from = {namespace: 'bookinfo', app: 'reviews', container: 'reviews'}
    const answer = await cluster.request({from, url: `${servers}/productpage`})
    return answer.status ?? answer.error
  }

  it('shows the same live as from the manifests', async () => {
    const manifests = join(dir, 'istio.yaml')
    const parts = await Promise.all(
      ['deployments,services,configmaps', 'mutatingwebhookconfigurations', 'namespace/istio-system'].map(
        kind => cluster.tools.kubectl(['get', kind, '-n', 'istio-system', '-o', 'yaml']),
      ),
    )
    await writeFile(manifests, parts.join('\n---\n'))
    const example = join(root, 'examples', 'bookinfo')
    const from = [join(example, 'bookinfo'), join(example, 'batch'), manifests].flatMap(path => [
      '--from',
      path,
    ])
    const cells = async (words: readonly string[]): Promise<unknown> => {
      const ran = await meshctl(['status', '--json', ...words])
      assert.equal(ran.status, 0, ran.stdout)
      return (JSON.parse(ran.stdout) as {cells: Cell[]}).cells
        .map(({capability, stage, subject, state, reasons}) => ({
          cell: [capability, stage, subject.kind, subject.namespace, subject.name].join(' '),
          state,
          reasons: reasons.map(({code}) => code),
        }))
        .sort((a, b) => (a.cell < b.cell ? -1 : 1))
    }
    assert.deepEqual(await cells([]), await cells(from))
  })

  it('asks for a stage, a target and consent before it changes anything', async () => {
    assert.match((await refused(['adopt', 'mtls'], 2)).message, /--stage/)
    assert.match((await refused(['adopt', 'mtls', '--stage', 'walk'], 2)).message, /--target/)
    const noConsent = await refused(['adopt', 'mtls', '--stage', 'walk', '--target', 'reviews'], 5)
    assert.equal(noConsent.code, 'consent-not-given')
    const tried = await told(['adopt', 'mtls', '--stage', 'walk', '--target', 'reviews', '--server-dry-run'])
    assert.equal(tried.applied, false)
    assert.equal((await cluster.tools.kubectl(['get', 'peerauthentications', '-A', '-o', 'name'])).trim(), '')
  })

  it('tells a user who may only read which roles to grant', async () => {
    const {kubectl} = cluster.tools
    await kubectl(['create', 'serviceaccount', 'reader', '-n', 'default'])
    await kubectl(['create', 'clusterrole', 'reader', '--verb=get,list', '--resource=*.*'])
    await kubectl([
      'create',
      'clusterrolebinding',
      'reader',
      '--clusterrole=reader',
      '--serviceaccount=default:reader',
    ])
    const token = (await kubectl(['create', 'token', 'reader', '-n', 'default'])).trim()
    const config = await readFile(cluster.kubeconfig, 'utf8')
    const kubeconfig = join(dir, 'reader.kubeconfig')
    await writeFile(kubeconfig, config.replace(/token: .*/, `token: ${token}`))
    const words = ['adopt', 'mtls', '--stage', 'walk', '--target', 'reviews', '--yes', '--json']
    const ran = await meshctl(words, kubeconfig)
    assert.equal(ran.status, 3, ran.stdout)
    const {error} = JSON.parse(ran.stdout) as {error: {code: string; data: {rbac: string}}}
    assert.equal(error.code, 'forbidden')
    assert.match(error.data.rbac, /kind: RoleBinding/)
    assert.match(error.data.rbac, /peerauthentications/)
  })

  it('adopts mTLS under load without a failed request, proves it, and takes it back', async () => {
    const start = await objects()
    const load = await cluster.startLoad({
      from: {namespace: 'bookinfo', app: 'productpage', container: 'productpage'},
      url: 'http://reviews.bookinfo:9080/reviews/0',
      perSecond: 10,
      seconds: 120,
    })
    const step = await told([
      'adopt',
      'mtls',
      '--stage',
      'walk',
      '--target',
      'reviews',
      '--yes',
      '--window',
      '5s',
    ])
    const seconds = await load.stop()
    assert.deepEqual([...failuresBySecond(seconds)], [], JSON.stringify(seconds))
    assert.equal(step.verified, 'proven', JSON.stringify(step.verification, null, 1))
    const from = {namespace: 'bookinfo', app: 'productpage', container: 'productpage'}
    const {body} = await cluster.request({from, url: 'http://reviews.bookinfo:9080/headers'})
    const xfcc = String(
      (JSON.parse(body ?? '{}') as {headers: Record<string, string>}).headers['x-forwarded-client-cert'],
    )
    assert.match(xfcc, /By=spiffe:\/\/cluster\.local\/ns\/bookinfo\/sa\/reviews/)
    assert.match(xfcc, /URI=spiffe:\/\/cluster\.local\/ns\/bookinfo\/sa\/productpage/)
    const outside = {
      from: {namespace: 'batch', app: 'ratings-export'},
      url: 'http://reviews.bookinfo:9080/reviews/0',
    }
    assert.notEqual((await cluster.request(outside)).status, 200)

    const again = await told(['adopt', 'mtls', '--stage', 'walk', '--target', 'reviews', '--yes'])
    assert.deepEqual(again.changes, [])
    await told(['rollback', step.ledgerId, '--yes'])
    assert.equal((await cluster.request(outside)).status, 200)
    assert.deepEqual(await objects(), start)
  })

  it('sets a timeout that cuts a slow request, and takes it back', async () => {
    const start = await objects()
    const words = [
      'adopt',
      'resiliency',
      '--stage',
      'walk',
      '--target',
      'reviews',
      '--timeout',
      '1s',
      '--yes',
      '--window',
      '1s',
    ]
    const step = await told(words)
    assert.equal(step.verified, 'inconclusive', JSON.stringify(step.verification, null, 1))
    const from = {namespace: 'bookinfo', app: 'productpage', container: 'productpage'}
    const slow = {from, url: 'http://reviews.bookinfo:9080/reviews/0?delay_ms=3000'}
    assert.equal((await cluster.request(slow)).status, 504)
    await told(['rollback', step.ledgerId, '--yes'])
    assert.equal((await cluster.request(slow)).status, 200)
    assert.deepEqual(await objects(), start)
  })

  it('puts a workload into the mesh, and refuses to take that back under STRICT', async () => {
    const start = await objects()
    const sidecar = await told([
      'adopt',
      'sidecars',
      '--stage',
      'walk',
      '--target',
      'ratings-export',
      '--yes',
      '--window',
      '1s',
    ])
    assert.equal(sidecar.verified, 'proven', JSON.stringify(sidecar.verification, null, 1))
    const pods = await cluster.waitForPods('batch')
    assert.ok(pods.some(({labels, meshed}) => labels.app === 'ratings-export' && meshed))
    // The logs of its proxies still hold calls of the pod that went, whose address is nobody's by now.
    const mtls = ['adopt', 'mtls', '--stage', 'walk', '--target', 'ratings', '--observe', '1s']
    const strict = await told([...mtls, '--yes', '--window', '1s'])
    const error = await refused(['rollback', sidecar.ledgerId, '--yes'], 5)
    assert.match(error.message, /batch\/ratings-export -> bookinfo\/ratings:9080/)
    await told(['rollback', strict.ledgerId, '--yes'])
    await told(['rollback', sidecar.ledgerId, '--yes', '--confirm', sidecar.ledgerId])
    assert.deepEqual(await objects(), start)
    assert.equal(await page(), 200)
  })

  it('refuses to take over a field that somebody else owns', async () => {
    const spec = {host: 'details.bookinfo.svc.cluster.local', trafficPolicy: {tls: {mode: 'DISABLE'}}}
    const manifest = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: {name: 'details', namespace: 'bookinfo'},
      spec,
    }
    await cluster.tools.kubectl(['apply', '--server-side', '--field-manager=platform-team', '-f', '-'], {
      input: JSON.stringify(manifest),
    })
    // Somebody from outside the mesh has called it a while ago: look at the last second alone.
    const words = ['adopt', 'mtls', '--stage', 'walk', '--target', 'details', '--observe', '1s', '--yes']
    const error = await refused(words, 5)
    assert.match(error.message, /platform-team/)
    await cluster.tools.kubectl(['delete', 'destinationrule', 'details', '-n', 'bookinfo'])
  })

  it('leaves out an endpoint that fails, which verify shows, and takes it back', async () => {
    const start = await objects()
    const words = ['adopt', 'resiliency', '--stage', 'walk', '--target', 'ratings', '--yes', '--window', '1s']
    const step = await told([...words, '--consecutive-errors', '3', '--ejection-time', '120s'])
    assert.notEqual(step.verified, 'refuted', JSON.stringify(step.verification, null, 1))
    const pods = await cluster.waitForPods('bookinfo')
    const pod = (app: string, version: string): {namespace: string; pod: string; container: string} => ({
      namespace: 'bookinfo',
      pod: pods.find(({labels}) => labels.app === app && labels.version === version)?.name ?? '',
      container: app,
    })
    const failing = pod('ratings', 'v1')
    const set = async (body: object): Promise<void> => {
      const answer = await cluster.request({
        from: failing,
        url: 'http://127.0.0.1:9080/switches',
        method: 'PUT',
        body: JSON.stringify(body),
      })
      assert.equal(answer.status, 200)
    }
    await set({failRate: 1, failStatus: 500})
    const load = await cluster.startLoad({
      from: pod('reviews', 'v2'),
      url: 'http://ratings.bookinfo:9080/ratings/0',
      perSecond: 10,
      seconds: 60,
    })
    const verified = (await told(['verify', 'resiliency', '--window', '8s'])) as unknown as {
      steps: readonly {
        ledgerId: string | null
        checks: readonly {expected: string; state: string; evidence: readonly string[]}[]
      }[]
    }
    const seconds = await load.stop()
    await set({failRate: 0})
    const checks = verified.steps.flatMap(one => one.checks)
    const ejecting = checks.find(
      ({expected}) =>
        expected === 'bookinfo/reviews-v2 leaves failing endpoints of bookinfo/ratings:9080 out',
    )
    assert.equal(ejecting?.state, 'proven', JSON.stringify(checks, null, 1))
    assert.match(ejecting?.evidence.join('; ') ?? '', /\b1 endpoint is ejected now/)
    const failures = failuresBySecond(seconds)
    assert.ok([...failures.values()].reduce((sum, count) => sum + count, 0) >= 3, 'it failed first')
    const [last] = [...failures.keys()].slice(-1)
    assert.ok((last ?? 0) < (seconds.at(-1)?.second ?? 0) - 3, `failures until second ${last}`)
    await told(['rollback', step.ledgerId, '--yes'])
    assert.deepEqual(await objects(), start)
  })

  it('leaves what Argo CD, Flux and Helm run alone, and offers files', async () => {
    const {kubectl} = cluster.tools
    const words = ['adopt', 'sidecars', '--stage', 'walk', '--target', 'ratings-export']
    const marks = {
      'Argo CD': 'argocd.argoproj.io/tracking-id=shop:apps/Deployment:batch/ratings-export',
      Helm: 'meta.helm.sh/release-name=shop',
    }
    for (const [tool, mark] of Object.entries(marks)) {
      await kubectl(['annotate', 'deployment', 'ratings-export', '-n', 'batch', mark])
      const error = await refused([...words, '--yes'], 5)
      assert.match(error.message, new RegExp(`ratings-export is managed by ${tool}`))
      assert.match(error.try.join(), /--write DIR/)
      await kubectl(['annotate', 'deployment', 'ratings-export', '-n', 'batch', `${mark.split('=')[0]}-`])
    }
    const flux = 'kustomize.toolkit.fluxcd.io/name'
    await kubectl(['label', 'deployment', 'ratings-export', '-n', 'batch', `${flux}=shop`])
    assert.match((await refused([...words, '--yes'], 5)).message, /is managed by Flux/)
    await kubectl(['label', 'deployment', 'ratings-export', '-n', 'batch', `${flux}-`])
  })

  it('writes one phase at a time for what something else applies, and the way back', async () => {
    const start = await objects()
    const {kubectl} = cluster.tools
    const rule = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: {name: 'details', namespace: 'bookinfo'},
      spec: {host: 'details.bookinfo.svc.cluster.local', trafficPolicy: {tls: {mode: 'DISABLE'}}},
    }
    await mkdir(join(dir, 'base'))
    await mkdir(join(dir, 'repo'))
    await writeFile(join(dir, 'base/kustomization.yaml'), 'resources: [rule.yaml]\n')
    await writeFile(join(dir, 'base/rule.yaml'), JSON.stringify(rule))
    await writeFile(join(dir, 'repo/kustomization.yaml'), 'resources: [../base]\n')
    const commit = (): Promise<string> => kubectl(['apply', '-k', join(dir, 'repo')])
    await commit()
    const withRule = await objects()
    const words = ['adopt', 'mtls', '--stage', 'walk', '--target', 'details', '--write', 'repo']
    const paths = ({written}: Told): readonly string[] =>
      (written?.files ?? []).filter(({action}) => action !== 'unchanged').map(({path}) => path)
    const first = await told(words)
    assert.deepEqual(paths(first), [
      'repo/bookinfo/destinationrule-details.patch.yaml',
      'repo/kustomization.yaml',
    ])
    assert.deepEqual(paths(await told(words)), [], 'the first phase has not arrived yet')
    const text = await readFile(join(dir, 'repo/bookinfo/destinationrule-details.patch.yaml'), 'utf8')
    assert.match(text, /trafficPolicy:\n +tls:/)
    assert.doesNotMatch(text, /resourceVersion|last-applied|DISABLE/)
    await commit()
    const second = await told(words)
    assert.deepEqual(paths(second), [
      'repo/bookinfo/peerauthentication-details.yaml',
      'repo/kustomization.yaml',
    ])
    await commit()
    assert.deepEqual((await told(words)).changes, [])

    const back = async (id: string): Promise<readonly string[]> =>
      paths(await told(['rollback', id, '--from', 'repo', '--write', 'repo']))
    await kubectl(['delete', '-f', join(dir, 'repo/bookinfo/peerauthentication-details.yaml')])
    assert.deepEqual(await back(second.ledgerId), paths(second))
    assert.deepEqual(await back(first.ledgerId), paths(first))
    assert.deepEqual(await back(first.ledgerId), [], 'there is nothing left to take back')
    await commit()
    assert.deepEqual(await objects(), withRule)
    await kubectl(['delete', '-k', join(dir, 'repo')])
    assert.deepEqual(await objects(), start)
  })

  it('lists what was done, and verifies what is configured', async () => {
    const history = (await told(['history'])) as unknown as {steps: {state: string; open: boolean}[]}
    assert.ok(history.steps.length >= 8)
    assert.ok(history.steps.every(({open}) => !open))
    const verified = await told(['verify', 'sidecars', '--window', '1s'])
    assert.equal(verified.verified, 'proven')
  })
})

async function fitsSchema(answer: {readonly schema: string}): Promise<void> {
  const ajv = new Ajv({allErrors: true, strict: true, allowUnionTypes: true})
  const names = await readdir(join(root, 'schemas'))
  const name = `${answer.schema.split('/')[1] ?? ''}.schema.json`
  assert.ok(names.includes(name), name)
  const validate = ajv.compile(JSON.parse(await readFile(join(root, 'schemas', name), 'utf8')) as object)
  assert.ok(validate(answer), JSON.stringify(validate.errors, null, 1))
}
