import {globSync, readFileSync, statSync} from 'node:fs'
import {cp, mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {coreDns, kubernetesAndIstio} from '../parts/go.ts'
import {envoy} from '../parts/downloads.ts'
import {partDirectory} from '../parts/part.ts'
import type {Part} from '../parts/part.ts'
import {repository, testbedSources} from '../paths.ts'
import type {IstioLine} from '../pins.ts'
import type {ImageConfig} from './archive.ts'
import {defineImage} from './image.ts'
import {addAuthorities, addIptables, bootstrapTemplate} from './istio-files.ts'
import {appImage, bookinfoImage, coreDnsImage, imageHub, istioTag, pauseImage} from './names.ts'
import {addBusybox, addProgram} from './root.ts'

const bookinfoServices = join(repository, 'examples', 'bookinfo', 'services')
const ownPrograms = join(testbedSources, 'app')

/** The images that a cluster has to have before its first pods are made. */
export function controlImages(line: IstioLine): Part[] {
  return [pause(), dns(), pilot(line)]
}

/** The images of the pods of a mesh, which come later. */
export function meshImages(line: IstioLine): Part[] {
  return [proxy(line), app()]
}

function pause(): Part {
  return defineImage({
    config: {references: [pauseImage], entrypoint: ['/bin/busybox', 'sleep', '2147483647']},
    madeOf: ['busybox'],
    megabytes: 2,
    fill: root => addProgram(root, '/bin/busybox', '/bin/busybox'),
  })
}

function dns(): Part {
  const commands = coreDns()
  return defineImage({
    config: {references: [coreDnsImage], entrypoint: ['/coredns']},
    madeOf: [commands.key],
    megabytes: 80,
    fill: root => addProgram(root, join(partDirectory(commands), 'coredns'), '/coredns'),
  })
}

function pilot(line: IstioLine): Part {
  const commands = kubernetesAndIstio(line)
  const entrypoint = ['/usr/local/bin/pilot-discovery']
  return defineImage({
    config: {references: [`${imageHub}/pilot:${istioTag(line)}`], entrypoint, user: '1337:1337'},
    madeOf: [commands.key],
    megabytes: 135,
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
    config: {
      references: [`${imageHub}/proxyv2:${istioTag(line)}`],
      entrypoint: ['/usr/local/bin/pilot-agent'],
    },
    madeOf: [commands.key, stockEnvoy.key],
    megabytes: 150,
    fill: async root => {
      await addBusybox(root)
      await addIptables(root)
      await addAuthorities(root)
      await addProgram(root, join(partDirectory(commands), 'pilot-agent'), '/usr/local/bin/pilot-agent')
      await addProgram(root, join(partDirectory(stockEnvoy), 'envoy'), '/usr/local/bin/envoy')
      await mkdir(join(root, 'var/lib/istio/envoy'), {recursive: true})
      const template = join(root, 'var/lib/istio/envoy/envoy_bootstrap_tmpl.json')
      await cp(await bootstrapTemplate(line), template)
    },
  })
}

/** As the Dockerfile of Bookinfo's services says, and with the testbed's own programs beside them. */
function app(): Part {
  const config: ImageConfig = {
    references: [appImage, bookinfoImage],
    entrypoint: ['node', '/app/server.mjs'],
    user: '1000:1000',
    workingDirectory: '/app',
  }
  return defineImage({
    config,
    madeOf: [process.version, ...contentsOf(ownPrograms), ...contentsOf(bookinfoServices)],
    megabytes: 135,
    fill: async root => {
      await addBusybox(root)
      await addProgram(root, process.execPath, '/usr/local/bin/node')
      await cp(ownPrograms, join(root, 'testbed'), {recursive: true})
      await cp(bookinfoServices, join(root, 'app'), {recursive: true})
    },
  })
}

function contentsOf(folder: string): (string | Uint8Array)[] {
  const files = globSync('**/*', {cwd: folder}).sort()
  return files
    .filter(file => statSync(join(folder, file)).isFile())
    .flatMap(file => [file, readFileSync(join(folder, file))])
}
