// Runs inside of a node's namespaces: see forward.ts.
import {connect} from 'node:net'
import type {Server, Socket} from 'node:net'

const port = Number(process.argv[2])

process.on('message', (_message, server) => {
  ;(server as Server).on('connection', join)
  process.send?.('accepting')
})
process.on('disconnect', () => undefined)

function join(outside: Socket): void {
  const within = connect(port, '127.0.0.1')
  outside.setNoDelay(true)
  within.setNoDelay(true)
  outside.on('error', () => within.destroy())
  within.on('error', () => outside.destroy())
  outside.pipe(within)
  within.pipe(outside)
}
