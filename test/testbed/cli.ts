import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {delimiter} from 'node:path'
import {parseArgs} from 'node:util'
import {attachCluster} from './cluster/attach.ts'
import {buildAll} from './cluster/build.ts'
import {startCluster} from './cluster/start.ts'
import {stopCluster} from './cluster/stop.ts'
import {isLeftOver, readStates} from './cluster/state.ts'
import {whyNoTestbed} from './machine.ts'
import {say} from './progress.ts'
import {installBookinfo} from './use/bookinfo.ts'

const usage = `npm run testbed -- COMMAND [--name NAME] [--empty] [--tracing]

  up       start a cluster with Istio and Bookinfo, which stays until it is taken down
           (--empty: without Bookinfo and the ingress gateway; --tracing: with Zipkin)
  down     end it; nothing stays behind
  shell    a shell with kubectl, istioctl and KUBECONFIG for it
  status   list the clusters that are running
  build    build and download everything that a cluster needs, and start nothing
`

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    name: {type: 'string', default: 'bookinfo'},
    empty: {type: 'boolean', default: false},
    tracing: {type: 'boolean', default: false},
  },
})
const {name, empty, tracing} = values

const commands: Record<string, () => Promise<void>> = {
  up,
  down,
  shell,
  status,
  build: () => buildAll({tracing: true}),
}

async function up(): Promise<void> {
  const begin = Date.now()
  const cluster = await startCluster({name, keep: true, tracing, istio: {gateway: !empty}})
  say(`cluster ${name} runs`)
  if (!empty) {
    say('installing Bookinfo')
    await installBookinfo(cluster)
  }
  say(`ready after ${Math.round((Date.now() - begin) / 1000)} s; try: npm run testbed shell`)
  if (cluster.zipkinUrl !== undefined) say(`Zipkin: ${cluster.zipkinUrl}`)
  console.log(cluster.kubeconfig)
}

async function down(): Promise<void> {
  say((await stopCluster(name)) ? `cluster ${name} is gone` : `no cluster ${name} was running`)
}

async function shell(): Promise<void> {
  const {kubeconfig, tools} = await attachCluster(name)
  const path = [tools.commands, process.env.PATH].join(delimiter)
  const env = {...process.env, KUBECONFIG: kubeconfig, PATH: path}
  say(`kubectl and istioctl talk to cluster ${name}; leave with exit`)
  const child = spawn(process.env.SHELL ?? '/bin/bash', {stdio: 'inherit', env})
  const [code] = await once(child, 'exit')
  process.exitCode = typeof code === 'number' ? code : 1
}

async function status(): Promise<void> {
  const states = await readStates()
  if (states.length === 0) say('no cluster is running')
  for (const state of states) {
    console.log(`${state.name}\t${isLeftOver(state) ? 'left over' : 'running'}\tIstio ${state.line}`)
  }
}

async function main(): Promise<void> {
  const command = commands[positionals[0] ?? '']
  if (command === undefined) {
    process.stderr.write(usage)
    process.exitCode = 2
    return
  }
  const reason = whyNoTestbed()
  if (reason !== undefined) {
    say(reason)
    process.exitCode = 3
    return
  }
  await command()
}

await main()
