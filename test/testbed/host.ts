import {globSync, readFileSync} from 'node:fs'
import {run} from './run.ts'

/** What a testbed must leave alone on the machine it runs on, as text to compare. */
export type HostState = Record<string, string>

/** Takes down how the machine is, to be compared with how it is later. */
export async function hostState(): Promise<HostState> {
  return {
    iptables: withoutCounters(await run(['iptables-nft-save'])),
    'iptables (legacy)': withoutCounters(await run(['iptables-legacy-save'])),
    links: await run(['ip', '-o', '-br', 'link']),
    addresses: await run(['ip', '-o', '-br', 'address']),
    routes: await run(['ip', 'route', 'show', 'table', 'all']),
    rules: await run(['ip', 'rule']),
    mounts: readFileSync('/proc/self/mounts', 'utf8'),
    hosts: readFileSync('/etc/hosts', 'utf8'),
    resolver: readFileSync('/etc/resolv.conf', 'utf8'),
    services: globSync('/etc/systemd/system/**/*').sort().join('\n'),
    'kernel settings': kernelSettings(),
  }
}

/** The settings that kubelet and kube-proxy are known to change. */
function kernelSettings(): string {
  const patterns = ['vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic*', 'kernel/keys/root_max*']
  const files = [...patterns, 'net/ipv4/ip_forward', 'net/netfilter/nf_conntrack_max', 'net/bridge/*']
    .flatMap(pattern => globSync(`/proc/sys/${pattern}`))
    .sort()
  return files.map(file => `${file}=${readFileSync(file, 'utf8').trim()}`).join('\n')
}

function withoutCounters(rules: string): string {
  return rules.replace(/^#.*$/gm, '').replace(/\[\d+:\d+\]/g, '')
}

/** The command lines of processes that have to do with a cluster, by any path of it. */
export function processesOf(clusterDirectory: string): string[] {
  return globSync('/proc/[0-9]*/cmdline')
    .map(file => {
      try {
        return readFileSync(file, 'utf8').replaceAll('\0', ' ')
      } catch {
        return '' // ended meanwhile
      }
    })
    .filter(command => command.includes(clusterDirectory))
}

/** The control groups that bear a name, in whichever hierarchy. */
export function controlGroupsOf(name: string): string[] {
  return [`/sys/fs/cgroup/*${name}*`, `/sys/fs/cgroup/*/*${name}*`].flatMap(pattern => globSync(pattern))
}
