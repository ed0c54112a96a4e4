// A small service for tests: answers with what it was asked, its own name and the headers that arrived.
//   GET /status/503   answers with that status
//   GET /delay/2000   answers after that many milliseconds
//   GET /             answers at once
import {createServer} from 'node:http'
import {hostname} from 'node:os'

const port = Number(process.env.PORT ?? 8080)

createServer((request, response) => {
  const [, action, value] = request.url.split('/')
  const status = action === 'status' ? Number(value) : 200
  const delay = action === 'delay' ? Number(value) : 0
  setTimeout(() => {
    response.writeHead(status, {'content-type': 'application/json'})
    response.end(`${JSON.stringify({from: hostname(), url: request.url, headers: request.headers})}\n`)
  }, delay)
}).listen(port, () => console.log(`listening on ${port}`))

for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0))
