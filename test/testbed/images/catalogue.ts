import {existsSync, globSync, readFileSync, statSync} from 'node:fs'
import {cp, mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {coreDns, kubernetesAndIstio} from '../parts/go.ts'
import {envoy} from '../parts/downloads.ts'
import {partDirectory} from '../parts/part.ts'
import type {Part} from '../parts/part.ts'
import {repository, testbedSources} from '../paths.ts'
import type {IstioLine} from '../pins.ts'
import {defineImage} from './image.ts'
import {addIptables, bootstrapTemplate} from './istio-files.ts'
import {appImage, coreDnsImage, imageHub, istioTag, pauseImage} from './names.ts'
import {addBusybox, addProgram} from './root.ts'

const bookinfoServices = join(repository, 'examples', 'bookinfo', 'services')
const ownApp = join(testbedSources, 'app')

/** All images that a cluster with one line of Istio needs. */
export function imagesFor(line: IstioLine): Part[] {
  return [pause(), dns(), pilot(line), proxy(line), app()]
}

function pause(): Part {
  return defineImage({
    config: {reference: pauseImage, entrypoint: ['/bin/busybox', 'sleep', '2147483647']},
    madeOf: ['busybox'],
    fill: root => addProgram(root, '/bin/busybox', '/bin/busybox'),
  })
}

function dns(): Part {
  const commands = coreDns()
  return defineImage({
    config: {reference: coreDnsImage, entrypoint: ['/coredns']},
    madeOf: [commands.key],
    fill: root => addProgram(root, join(partDirectory(commands), 'coredns'), '/coredns'),
  })
}

function pilot(line: IstioLine): Part {
  const commands = kubernetesAndIstio(line)
  const entrypoint = ['/usr/local/bin/pilot-discovery']
  return defineImage({
    config: {reference: `${imageHub}/pilot:${istioTag(line)}`, entrypoint, user: '1337:1337'},
    madeOf: [commands.key],
    fill: async root => {
      await addBusybox(root)
      await addProgram(
        root,
        join(partDirectory(commands), 'pilot-discovery'),
        '/usr/local/bin/pilot-discovery',
      )
    },
  })
}

function proxy(line: IstioLine): Part {
  const commands = kubernetesAndIstio(line)
  const stockEnvoy = envoy()
  return defineImage({
    config: {reference: `${imageHub}/proxyv2:${istioTag(line)}`, entrypoint: ['/usr/local/bin/pilot-agent']},
    madeOf: [commands.key, stockEnvoy.key],
    fill: async root => {
      await addBusybox(root)
      await addIptables(root)
      await addProgram(root, join(partDirectory(commands), 'pilot-agent'), '/usr/local/bin/pilot-agent')
      await addProgram(root, join(partDirectory(stockEnvoy), 'envoy'), '/usr/local/bin/envoy')
      await mkdir(join(root, 'var/lib/istio/envoy'), {recursive: true})
      const template = join(root, 'var/lib/istio/envoy/envoy_bootstrap_tmpl.json')
      await cp(await bootstrapTemplate(line), template)
    },
  })
}

function app(): Part {
  const sources = [ownApp, bookinfoServices].filter(folder => existsSync(folder))
  return defineImage({
    config: {reference: appImage, command: ['node', '/app/server.mjs'], workingDirectory: '/app'},
    madeOf: [process.version, ...sources.flatMap(contentsOf)],
    fill: async root => {
      await addBusybox(root)
      await addProgram(root, process.execPath, '/usr/local/bin/node')
      await cp(ownApp, join(root, 'app'), {recursive: true})
      if (existsSync(bookinfoServices)) {
        await cp(bookinfoServices, join(root, 'app', 'services'), {recursive: true})
      }
    },
  })
}

function contentsOf(folder: string): (string | Uint8Array)[] {
  const files = globSync('**/*', {cwd: folder}).sort()
  return files
    .filter(file => statSync(join(folder, file)).isFile())
    .flatMap(file => [file, readFileSync(join(folder, file))])
}
