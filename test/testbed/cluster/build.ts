import {controlImages, meshImages} from '../images/catalogue.ts'
import {announcePackages, installPackages, missingPackages} from '../parts/debian.ts'
import {envoy, zipkin} from '../parts/downloads.ts'
import {coreDns, kubernetesAndIstio, xdsClient} from '../parts/go.ts'
import {announceParts, ensureParts} from '../parts/part.ts'
import type {Part} from '../parts/part.ts'
import {defaultIstioLine} from '../pins.ts'
import type {IstioLine} from '../pins.ts'

export interface Wanted {
  line?: IstioLine
  /** Without running pods there are no images, no CoreDNS and no Envoy. */
  pods?: 'running' | 'paper'
  tracing?: boolean
}

/** Builds and installs everything that a cluster needs; before anything happens it is all announced. */
export async function buildAll(wanted: Wanted = {}): Promise<void> {
  const packages = missingPackages(wanted)
  const parts = partsOf(wanted)
  announcePackages(packages)
  announceParts(parts)
  await installPackages(packages)
  await ensureParts(parts, {announced: true})
}

function partsOf({line = defaultIstioLine, pods = 'running', tracing = false}: Wanted): Part[] {
  const commands = [kubernetesAndIstio(line), xdsClient(line)]
  if (pods === 'paper') return commands
  const ofPods = [envoy(), coreDns(), ...controlImages(line), ...meshImages(line)]
  return [...commands, ...ofPods, ...(tracing ? [zipkin()] : [])]
}
