import {buildMesh} from '../src/mesh/build.ts'
import {edgeTable} from '../src/mesh/edge-table.ts'
import {loadPaths} from '../src/objects/load.ts'

/** Predicts every call of every workload to every service below a folder, and prints how many and how long it took. */
const {objects} = await loadPaths([process.argv[2] ?? '.'])
const mesh = buildMesh(objects)
const begun = performance.now()
const table = edgeTable(mesh)
let works = 0
for (const client of table.clients.keys())
  for (const server of table.servers.keys()) if (table.outcome(client, server).result === 'ok') works++
const edges = table.clients.length * table.servers.length
const seconds = (performance.now() - begun) / 1000
console.log(JSON.stringify({edges, works, seconds, predictions: table.predictions()}))
