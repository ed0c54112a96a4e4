import {spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {isBuilt, partDirectory} from '../test/testbed/parts/part.ts'
import {kubernetesAndIstio} from '../test/testbed/parts/go.ts'
import {defaultIstioLine} from '../test/testbed/pins.ts'

/** The istioctl to compare with: that of ISTIOCTL, of the PATH, or the one that the testbed has built. */
export function findIstioctl(): string | null {
  const part = kubernetesAndIstio(defaultIstioLine)
  const built = isBuilt(part) ? [join(partDirectory(part), 'istioctl')] : []
  const candidates = [process.env['ISTIOCTL'], 'istioctl', ...built].filter(one => one !== undefined)
  return candidates.find(one => spawnSync(one, ['version', '--remote=false']).status === 0) ?? null
}
