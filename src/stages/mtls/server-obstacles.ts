import {fact} from '../../mesh/fact.ts'
import {inboundInterception} from '../../mesh/injection.ts'
import type {Mesh, Service, Workload} from '../../mesh/mesh.ts'
import {namespaceHint, policyMode} from '../../mesh/peer-authentication.ts'
import {endpointLabelKey} from '../../mesh/transport.ts'
import {listed, reason} from '../reasons.ts'
import type {Findings} from '../reasons.ts'
import type {Reason} from '../stage.ts'
import {portsOf} from './peer-authentication.ts'

/** What on the server's side keeps its pods from demanding mTLS on all their ports. */
export function serverObstacles(
  mesh: Mesh,
  service: Service,
  workloads: readonly Workload[],
  services: readonly Service[],
): Findings {
  const found = workloads.map(workload => ofWorkload(mesh, workload))
  return {
    blockers: [
      ...namespaceDisabled(mesh, service),
      ...found.flatMap(one => one.blockers),
      ...services.flatMap(one => headlessMixed(mesh, one)),
    ],
    unknowns: found.flatMap(one => one.unknowns),
    cautions: [],
  }
}

/** A namespace-wide DISABLE makes clients send plaintext whatever a workload's own policy says (B1). */
function namespaceDisabled(mesh: Mesh, service: Service): readonly Reason[] {
  const hint = namespaceHint(mesh, service.namespace)
  if (hint.mode !== 'DISABLE') return []
  const facts = hint.policies.map(policy =>
    fact('DISABLE for the whole namespace or mesh', policy, ['spec', 'mtls', 'mode']),
  )
  return [
    reason(
      'namespace-disable-hint',
      'a namespace-wide or mesh-wide DISABLE keeps all clients on plaintext; STRICT on a workload would cut every one of them off',
      facts,
      'set that policy to PERMISSIVE first',
    ),
  ]
}

function ofWorkload(mesh: Mesh, workload: Workload): Findings {
  const injection = mesh.injection(workload)
  const name = `${workload.namespace}/${workload.name}`
  if (injection.inMesh === 'unknown') {
    return {
      blockers: [],
      unknowns: [
        reason(
          'revision-unknown',
          `whether ${name} has a sidecar is not known`,
          injection.facts,
          'add the injection webhook to the input, or read from the cluster',
        ),
      ],
      cautions: [],
    }
  }
  if (injection.inMesh === false) {
    return {
      blockers: [
        reason(
          'server-not-in-mesh',
          `${name} has no sidecar to demand mTLS`,
          injection.facts,
          `meshctl adopt sidecars --stage walk --target ${name}`,
        ),
      ],
      unknowns: [],
      cautions: [],
    }
  }
  if (injection.mode === 'ambient') {
    return {
      blockers: [
        reason(
          'ambient',
          `${name} is in ambient mode; this version of meshctl plans mTLS for sidecars only`,
          injection.facts,
          null,
        ),
      ],
      unknowns: [],
      cautions: [],
    }
  }
  return {
    blockers: [
      ...excludedPorts(mesh, workload),
      ...explicitDisable(mesh, workload),
      ...labelledOut(workload),
    ],
    unknowns: rivals(mesh, workload),
    cautions: [],
  }
}

/** No policy holds on a port that the proxy does not take over, and istiod does not know of such ports (A6). */
function excludedPorts(mesh: Mesh, workload: Workload): readonly Reason[] {
  const interception = inboundInterception(workload)
  const ports = portsOf(mesh, workload).filter(port => interception.excludes(port))
  if (ports.length === 0) return []
  const facts = interception.fact === null ? [] : [interception.fact]
  return [
    reason(
      'excluded-port',
      `port ${listed(ports.map(String))} of ${workload.namespace}/${workload.name} bypasses its sidecar: STRICT would not hold there`,
      facts,
      'remove the port from the annotation',
    ),
  ]
}

/** Somebody chose plaintext for these pods; a straight flip to STRICT would also race with its clients (M, hazard 6). */
function explicitDisable(mesh: Mesh, workload: Workload): readonly Reason[] {
  return portsOf(mesh, workload).flatMap(port => {
    const mode = policyMode(mesh, workload, port)
    if (mode.mode !== 'DISABLE') return []
    const by = listed(mode.decidedBy.slice(0, 1).map(({id}) => `${id.namespace}/${id.name}`))
    return [
      reason(
        'explicit-disable',
        `PeerAuthentication ${by} sets DISABLE for port ${port} of ${workload.namespace}/${workload.name}`,
        mode.facts,
        `set ${by} to PERMISSIVE first, and see that nothing needs plaintext there`,
      ),
    ]
  })
}

function labelledOut(workload: Workload): readonly Reason[] {
  const value = workload.labels[endpointLabelKey]
  if (value === undefined || value === 'istio') return []
  const path = [...workload.templatePath, 'metadata', 'labels', endpointLabelKey]
  return [
    reason(
      'tls-mode-label',
      `its label ${endpointLabelKey}: ${value} makes clients send plaintext`,
      [fact(`${endpointLabelKey}: ${value}`, workload.object, path)],
      'remove the label from the pod template',
    ),
  ]
}

function rivals(mesh: Mesh, workload: Workload): readonly Reason[] {
  return portsOf(mesh, workload).flatMap(port => {
    const mode = policyMode(mesh, workload, port)
    return mode.mode === 'unknown'
      ? [
          reason(
            'rival-policies-without-age',
            `which policy holds for port ${port} of ${workload.namespace}/${workload.name} is not known`,
            mode.facts,
            'keep one of the rivals and delete the others',
          ),
        ]
      : []
  })
}

/** One pod without a sidecar behind a headless service, and clients send plaintext to all of its pods (B2). */
function headlessMixed(mesh: Mesh, service: Service): readonly Reason[] {
  if (service.type !== 'Headless') return []
  const bare = mesh.endpoints(service).filter(one => mesh.injection(one).inMesh !== true)
  if (bare.length === 0) return []
  const names = listed(bare.map(one => `${one.namespace}/${one.name}`))
  return [
    reason(
      'headless-mixed',
      `Service ${service.namespace}/${service.name} is headless and ${names} behind it has no sidecar: clients send plaintext to all of its pods`,
      bare.map(one => fact('no sidecar', one.object)),
      `give ${names} a sidecar first`,
    ),
  ]
}
