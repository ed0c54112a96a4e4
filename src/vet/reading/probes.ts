import type {Mesh, Service, ServicePort, Workload} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {at, text} from '../../objects/json.ts'
import type {Path} from '../../objects/object.ts'

/** What a workload itself says about one of its ports: how its probe speaks to it, how its container names it. */
export interface PortSigns {
  readonly workload: Workload
  readonly grpcProbe: Path | null
  readonly httpsProbe: Path | null
  readonly httpProbe: Path | null
  readonly containerPortName: string | null
}

/** The signs of every workload behind a Service's port that gives any. */
export function signsOf(mesh: Mesh, service: Service, port: ServicePort): readonly PortSigns[] {
  return mesh.endpoints(service).flatMap(workload => {
    if (!telling(mesh).has(workload)) return []
    const target = mesh.targetPort(port, workload)
    return target === null ? [] : [readSigns(workload, target)]
  })
}

/** Workloads with a probe, or a port whose name tells a protocol. */
const telling = perMesh(
  (mesh): ReadonlySet<Workload> =>
    new Set(
      mesh.workloads.filter(({containers}) =>
        containers.some(
          ({probes, ports}) => probes.length > 0 || ports.some(({name}) => /^(grpc|https)/.test(name ?? '')),
        ),
      ),
    ),
)

function readSigns(workload: Workload, target: number): PortSigns {
  const ports = workload.containers.flatMap(container => container.ports)
  const own = ports.find(one => one.port === target)
  const probes = workload.containers.flatMap(container => container.probes)
  const here = probes.filter(probe => probe.port === target || (own?.name != null && probe.port === own.name))
  const scheme = (path: Path): string =>
    text(at(workload.object.value, [...path, 'httpGet', 'scheme'])) ?? 'HTTP'
  const http = here.filter(probe => probe.handler === 'http')
  return {
    workload,
    grpcProbe: here.find(probe => probe.handler === 'grpc')?.path ?? null,
    httpsProbe: http.find(({path}) => scheme(path) === 'HTTPS')?.path ?? null,
    httpProbe: http.find(({path}) => scheme(path) === 'HTTP')?.path ?? null,
    containerPortName: own?.name ?? null,
  }
}
