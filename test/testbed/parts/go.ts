import {spawn} from 'node:child_process'
import {globSync, readFileSync} from 'node:fs'
import {rename} from 'node:fs/promises'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {testbedSources} from '../paths.ts'
import {say} from '../progress.ts'
import {pins} from '../pins.ts'
import type {IstioLine} from '../pins.ts'
import {keyOf} from './part.ts'
import type {Part} from './part.ts'

const goSources = join(testbedSources, 'go')

/** kube-*, kubectl, etcd and one line of Istio, from the module that pins them all. */
export function kubernetesAndIstio(line: IstioLine): Part {
  const {module, version} = pins.istio[line]
  const directory = join(goSources, module)
  // Without its version the API server says v0.0.0, which clients refuse to talk to.
  const versions = [
    `-X k8s.io/component-base/version.gitVersion=v${pins.kubernetes}`,
    `-X istio.io/istio/pkg/version.buildVersion=${version}`,
  ].join(' ')
  return {
    name: `go-istio-${line}`,
    what: `Kubernetes ${pins.kubernetes}, etcd and Istio ${version} from Go source`,
    key: keyOf(moduleFiles(directory), versions),
    minutes: 12,
    megabytes: 8500, // 0.7 GB of commands; the rest is Go's own cache of modules and packages
    build: async into => {
      await goBuild({directory, into, versions, packages: 'tool', expected: 3300})
      await rename(join(into, 'server'), join(into, 'etcd'))
    },
  }
}

export function coreDns(): Part {
  const directory = join(goSources, 'coredns')
  return {
    name: 'coredns',
    what: 'CoreDNS from Go source',
    key: keyOf(moduleFiles(directory)),
    minutes: 3,
    megabytes: 1500,
    build: into => goBuild({directory, into, versions: '', packages: 'tool', expected: 1300}),
  }
}

/** The client that asks istiod what it would give a proxy; compiled against the module of its Istio. */
export function xdsClient(line: IstioLine): Part {
  const directory = join(goSources, pins.istio[line].module)
  return {
    name: `xds-client-${line}`,
    what: 'the xDS client',
    key: keyOf(
      moduleFiles(directory),
      ...globSync(join(directory, 'xdsclient', '*.go'))
        .sort()
        .map(file => readFileSync(file)),
    ),
    minutes: 0.5,
    megabytes: 60,
    replaces: true,
    build: into => goBuild({directory, into, versions: '', packages: './xdsclient', expected: 10}),
  }
}

function moduleFiles(directory: string): string {
  return ['go.mod', 'go.sum'].map(file => readFileSync(join(directory, file), 'utf8')).join('\n')
}

interface GoBuild {
  directory: string
  into: string
  versions: string
  packages: string
  expected: number
}

/** Compiles without C, so that the commands run in an image that has no libraries. */
async function goBuild({directory, into, versions, packages, expected}: GoBuild): Promise<void> {
  const flags = ['-trimpath', '-v', '-ldflags', `-s -w ${versions}`.trim(), '-o', `${into}/`]
  const child = spawn('nice', ['-n', '10', 'go', 'build', ...flags, packages], {
    cwd: directory,
    env: {...process.env, CGO_ENABLED: '0', GOWORK: 'off'},
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  const failure = followBuild(child.stderr, expected)
  const exit = await new Promise<number | null>((resolve, reject) => {
    child.on('error', () =>
      reject(new Error('building needs Go 1.26 or newer: the command go was not found')),
    )
    child.on('close', resolve)
  })
  if (exit !== 0) throw new Error(`go build in ${directory} failed:\n${failure.join('\n')}`)
}

/** Go names each package when it has compiled it: enough for a line every half minute. */
function followBuild(output: NodeJS.ReadableStream, expected: number): string[] {
  const lastLines: string[] = []
  let compiled = 0
  let lastSaid = Date.now()
  createInterface({input: output}).on('line', line => {
    compiled += 1
    lastLines.push(line)
    if (lastLines.length > 40) lastLines.shift()
    if (Date.now() - lastSaid < 30_000) return
    lastSaid = Date.now()
    say(`  ${compiled} of at most ${expected} packages compiled`)
  })
  return lastLines
}
