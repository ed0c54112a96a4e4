import {fork} from 'node:child_process'
import {once} from 'node:events'
import {createServer} from 'node:net'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {openSync} from 'node:fs'
import {inside} from './namespaces.ts'
import type {Namespaces} from './namespaces.ts'

export interface Forward {
  /** The port on the host's loopback. */
  port: number
  pid: number
}

/**
 * Makes a port of the node reachable from the host's loopback, without any link between the two: a
 * socket belongs to the network it was opened in, so one that listens here is handed to a process in
 * there, which accepts on it and connects on its own side.
 */
export async function forwardFromHost(
  namespaces: Namespaces,
  target: {port: number; log: string},
): Promise<Forward> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const {port} = server.address() as AddressInfo
  const [enter = '', ...args] = inside(namespaces, [process.execPath])
  const log = openSync(target.log, 'a')
  const child = fork(join(import.meta.dirname, 'forwarder.ts'), [String(target.port)], {
    execPath: enter,
    execArgv: args,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  })
  child.send('accept', server)
  await once(child, 'message')
  child.disconnect()
  child.unref()
  server.close()
  if (child.pid === undefined) throw new Error('the forwarder did not start')
  return {port, pid: child.pid}
}
