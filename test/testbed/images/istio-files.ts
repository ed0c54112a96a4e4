import {existsSync, globSync} from 'node:fs'
import {mkdir, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {testbedSources} from '../paths.ts'
import {pins} from '../pins.ts'
import type {IstioLine} from '../pins.ts'
import {run} from '../run.ts'
import {addFiles, addLink, addProgram} from './root.ts'

/** Adds iptables in both of its forms; pilot-agent chooses the one that the kernel is used to. */
export async function addIptables(root: string): Promise<void> {
  for (const form of ['nft', 'legacy']) {
    const program = `xtables-${form}-multi`
    await addProgram(root, `/usr/sbin/${program}`, `/usr/sbin/${program}`)
    for (const family of ['iptables', 'ip6tables']) {
      for (const action of ['', '-save', '-restore']) {
        await addLink(root, `/usr/sbin/${family}-${form}${action}`, program)
        await addLink(root, `/usr/sbin/${family}${action}`, program)
      }
    }
  }
  await addFiles(root, globSync('/usr/lib/*/xtables'))
}

/** pilot-agent warns on its output, in the midst of what it is asked for, when there are no authorities. */
export async function addAuthorities(root: string): Promise<void> {
  const authorities = '/etc/ssl/certs/ca-certificates.crt'
  if (existsSync(authorities)) return addFiles(root, [authorities])
  await mkdir(join(root, dirname(authorities)), {recursive: true})
  await writeFile(join(root, authorities), '')
}

/** Envoy's bootstrap template, from the sources of the pinned Istio. */
export async function bootstrapTemplate(line: IstioLine): Promise<string> {
  const module = join(testbedSources, 'go', pins.istio[line].module)
  const sources = await run(['go', 'list', '-m', '-f', '{{.Dir}}', 'istio.io/istio'], {cwd: module})
  return join(sources, 'tools', 'packaging', 'common', 'envoy_bootstrap.json')
}
