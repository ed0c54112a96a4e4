import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import type {UserTools} from '../cluster/kubectl.ts'

export interface PortForward {
  /** The port on the host's loopback. */
  port: number
  close: () => Promise<void>
}

/** Makes a pod's port reachable from the host by `kubectl port-forward`, until it is closed. */
export async function portForward(
  tools: UserTools,
  {namespace, target, port}: {namespace: string; target: string; port: number},
): Promise<PortForward> {
  const child = spawn(
    join(tools.commands, 'kubectl'),
    ['port-forward', '-n', namespace, target, `:${port}`],
    {env: {...process.env, KUBECONFIG: tools.kubeconfig}, stdio: ['ignore', 'pipe', 'inherit']},
  )
  const ended = once(child, 'exit')
  const local = await new Promise<number>((resolve, reject) => {
    createInterface({input: child.stdout}).on('line', line => {
      const found = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line)?.[1]
      if (found !== undefined) resolve(Number(found))
    })
    child.on('exit', code => reject(new Error(`kubectl port-forward ended with ${code}`)))
  })
  const close = async () => {
    child.kill()
    await ended
  }
  return {port: local, close}
}
