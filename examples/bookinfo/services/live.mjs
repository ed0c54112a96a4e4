import {createHash} from 'node:crypto'
import {createServer} from 'node:http'

// Just enough of a web socket (RFC 6455) to have a connection that a timeout would cut: it sends one text frame a
// second and hears only that the other side has gone.

const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export async function liveServer(port, address, message) {
  const sockets = new Set()
  const server = createServer((request, response) => response.writeHead(426, {connection: 'close'}).end())
  server.on('upgrade', (request, socket) => {
    const key = request.headers['sec-websocket-key']
    if (!key || new URL(request.url, 'http://localhost').pathname !== '/live')
      return socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    const accept = createHash('sha1')
      .update(key + magic)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    )
    const send = () => socket.write(textFrame(JSON.stringify(message())))
    send()
    const ticking = setInterval(send, 1000)
    sockets.add(socket)
    socket.on('data', data => (data[0] & 0x0f) === 8 && socket.end(Buffer.from([0x88, 0])))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clearInterval(ticking)
      sockets.delete(socket)
    })
  })
  await new Promise(resolve => server.listen(port, address, resolve))
  return {
    port: server.address().port,
    connections: () => sockets.size,
    close() {
      for (const socket of sockets) socket.end(Buffer.from([0x88, 0]))
      server.close()
    },
  }
}

/** One unmasked text frame; the messages are short, and more than 125 bytes would need another length. */
function textFrame(text) {
  const payload = Buffer.from(text)
  return Buffer.concat([Buffer.from([0x81, payload.length]), payload])
}
