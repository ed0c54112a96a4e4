// The echo service with further ports, each of which speaks another protocol:
//   8081  HTTP like 8080
//   5900  greets its client before that has said anything, as VNC does
//   8443  TLS by a key that both sides know, so that no certificate is needed, and an answer in it
import {createServer as createHttpServer} from 'node:http'
import {createServer} from 'node:net'
import {createServer as createTlsServer} from 'node:tls'
import {answer} from './echo.mjs'
import {sharedKey} from './shared-key.mjs'

createHttpServer(answer).listen(8081)

createServer(socket => {
  socket.on('error', () => undefined)
  socket.write('RFB 003.008\n')
}).listen(5900)

createTlsServer({...sharedKey, pskCallback: () => sharedKey.psk}, socket => {
  socket.on('error', () => undefined)
  socket.end('over TLS\n')
})
  .on('tlsClientError', () => undefined)
  .listen(8443)
