import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {run, startDaemon} from '../run.ts'
import {waitFor} from '../wait.ts'
import type {Addresses} from './addresses.ts'
import {clusterDirectory, noteProcess} from './state.ts'
import type {ClusterState} from './state.ts'

/**
 * The namespaces of one node: network, mounts, processes, host name and IPC. All hang on one process,
 * process 1 inside; when it is killed the kernel ends all others with it and frees everything.
 */
export interface Namespaces {
  /** Process 1, by its number on the host. */
  holder: number
}

/** Makes the namespaces of a cluster's node, with networking and private folders set up. */
export async function createNamespaces(state: ClusterState, addresses: Addresses): Promise<Namespaces> {
  const directory = clusterDirectory(state.name)
  const script = join(directory, 'namespaces.sh')
  const holderFile = join(directory, 'holder.pid')
  await writeFile(script, holderScript(holderFile, state.name, addresses))
  const unshare = startDaemon(
    [
      ...['unshare', '--net', '--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child'],
      ...['--propagation', 'slave', 'bash', script],
    ],
    {log: join(directory, 'logs', 'namespaces.log')},
  )
  await noteProcess(state, unshare)
  const holder = await waitFor(
    'the namespaces of the node',
    async () => Number(await readFile(holderFile, 'utf8')) || undefined,
    {timeoutMs: 10_000, everyMs: 20},
  )
  await noteProcess(state, holder)
  return {holder}
}

/** A command line that runs inside of the node. */
export function inside({holder}: Namespaces, command: string[]): string[] {
  return ['nsenter', '-t', String(holder), '-m', '-n', '-p', '-u', '-i', '--', ...command]
}

export function runInside(namespaces: Namespaces, command: string[]): Promise<string> {
  return run(inside(namespaces, command))
}

function holderScript(holderFile: string, name: string, {node, services}: Addresses): string {
  return `set -e
# Read before /proc is replaced, it still shows the number that the host knows this process by.
read -r holder rest < /proc/self/stat
hostname testbed-${name}

# Containers need shared mounts; as slaves of the host's, none of them is seen outside.
mount --make-rshared /
mount -t proc proc /proc

# What is written to the usual places stays in here.
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir -p /mnt/run/lock /mnt/run/netns
for folder in etc var/lib var/log; do
  mkdir -p /mnt/upper/$folder /mnt/work/$folder
  mount -t overlay overlay -o lowerdir=/$folder,upperdir=/mnt/upper/$folder,workdir=/mnt/work/$folder /$folder
done
mount --bind /mnt/run /run
rm -f /etc/hosts /etc/resolv.conf
printf '127.0.0.1 localhost\\n${node} testbed-${name}\\n' > /etc/hosts
: > /etc/resolv.conf

# kubelet would change these settings of the whole machine; it finds files that say they are so.
while read -r setting value; do
  echo "$value" > "/mnt/$(basename "$setting")"
  mount --bind "/mnt/$(basename "$setting")" "/proc/sys/$setting"
done <<'settings'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
settings

ip link set lo up
ip address add ${node}/32 dev lo
# Connections from the node to a Service are given a real address only after they were routed.
ip route add ${services} dev lo src ${node}
echo 1 > /proc/sys/net/ipv4/ip_forward

echo "$holder" > ${holderFile}.new
mv ${holderFile}.new ${holderFile}
trap '' TERM INT HUP
# Process 1 inherits orphans; bash buries them.
while :; do sleep 3600 & wait; done
`
}
