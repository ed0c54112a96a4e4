import {join} from 'node:path'
import {run} from '../run.ts'
import type {RunOptions} from '../run.ts'

/** Runs kubectl and istioctl as a user of the cluster would, from the host. */
export interface UserTools {
  kubeconfig: string
  /** The folder of kubectl and istioctl, for the PATH of a shell or of a tool under test. */
  commands: string
  kubectl: (args: string[], options?: RunOptions) => Promise<string>
  istioctl: (args: string[], options?: RunOptions) => Promise<string>
}

/** How istiod is asked for a debug page; where it is a pod, from within it as `istioctl` does. */
export type AskIstiod = (page: string) => Promise<string>

export function askIstiodPod({kubectl}: UserTools): AskIstiod {
  const exec = ['exec', '-n', 'istio-system', 'deployment/istiod', '--']
  return page => kubectl([...exec, 'pilot-discovery', 'request', 'GET', `/debug/${page}`])
}

export function userTools(commands: string, kubeconfig: string): UserTools {
  const tool = (name: string) => (args: string[], options?: RunOptions) =>
    run([join(commands, name), ...args], {...options, env: {...options?.env, KUBECONFIG: kubeconfig}})
  return {kubeconfig, commands, kubectl: tool('kubectl'), istioctl: tool('istioctl')}
}
