import {buildMesh} from '../../src/mesh/build.ts'
import type {Client, Edge, Mesh, MeshOptions, Service, Workload} from '../../src/mesh/mesh.ts'
import {parseText} from '../../src/objects/parse.ts'

/** The mesh of a piece of YAML, which must be readable. */
export function meshOf(yaml: string, options: MeshOptions = {}): Mesh {
  const {objects, problems} = parseText(yaml, 'mesh.yaml')
  if (problems.length > 0)
    throw new Error(
      problems.map(problem => `${problem.line}:${problem.column} ${problem.message}`).join('\n'),
    )
  return buildMesh(objects, options)
}

export function workloadOf(mesh: Mesh, ref: string): Workload {
  const found = mesh.workloads.find(workload => `${workload.namespace}/${workload.name}` === ref)
  if (found === undefined) throw new Error(`no workload ${ref}`)
  return found
}

export function clientOf(mesh: Mesh, ref: string): Client {
  const found = mesh.clients.find(client => `${client.namespace}/${client.workload}` === ref)
  if (found === undefined) throw new Error(`no client ${ref}`)
  return found
}

export function serviceOf(mesh: Mesh, ref: string): Service {
  const found = mesh.services.find(service => `${service.namespace}/${service.name}` === ref)
  if (found === undefined) throw new Error(`no service ${ref}`)
  return found
}

/** The edge `ns/client` to `ns/service:port`, known or only possible. */
export function edgeBetween(mesh: Mesh, client: string, server: string): Edge {
  const [ref = '', number] = server.split(':')
  const service = serviceOf(mesh, ref)
  const port = service.ports.find(one => String(one.port) === number) ?? service.ports[0]
  if (port === undefined) throw new Error(`no port ${server}`)
  return mesh.edge(clientOf(mesh, client), {service, port})
}
