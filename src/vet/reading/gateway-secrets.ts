import {gatewayServers, gatewayWorkloads, isIstioGateway} from '../../mesh/gateways.ts'
import type {Mesh} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {at, record, text, texts} from '../../objects/json.ts'
import type {KubeObject, Path} from '../../objects/object.ts'

/** A Secret that a server of a Gateway names, and a namespace in which a proxy of it looks for that. */
export interface SecretRef {
  readonly gateway: KubeObject
  readonly name: string
  readonly namespace: string
  readonly path: Path
}

/** Secrets are looked for in the namespace of the proxy, not of the Gateway (istio pilot/pkg/credentials). */
export function gatewaySecretRefs(mesh: Mesh): readonly SecretRef[] {
  return mesh
    .objects('Gateway')
    .filter(isIstioGateway)
    .flatMap(gateway => {
      const namespaces = new Set(gatewayWorkloads(mesh, gateway).map(({namespace}) => namespace))
      const written = gatewayServers(gateway).flatMap(({path}) => namesIn(gateway, path))
      return written.flatMap(({name, path}) =>
        [...namespaces].map(namespace => ({gateway, name, namespace, path})),
      )
    })
}

function namesIn(gateway: KubeObject, server: Path): readonly {readonly name: string; readonly path: Path}[] {
  const path = [...server, 'tls']
  const {credentialName, credentialNames} = record(at(gateway.value, path))
  const one = text(credentialName)
  const many = texts(credentialNames).map((name, index) => ({
    name,
    path: [...path, 'credentialNames', index],
  }))
  const all = one === undefined ? many : [{name: one, path: [...path, 'credentialName']}, ...many]
  // Others than Secrets have a scheme, such as `builtin://`.
  return all.filter(({name}) => name !== '' && !name.includes('/'))
}

const secretsByPlace = perMesh(
  (mesh): ReadonlyMap<string, KubeObject> =>
    new Map(mesh.objects('Secret').map(secret => [`${secret.id.namespace}/${secret.id.name}`, secret])),
)

export function secretAt(mesh: Mesh, namespace: string, name: string): KubeObject | null {
  return secretsByPlace(mesh).get(`${namespace}/${name}`) ?? null
}

/** Objects from which a controller makes a Secret, with where it writes that secret's name. */
export const secretMakers = ['Certificate', 'ExternalSecret', 'SealedSecret'] as const

const madeSecrets = perMesh((mesh): ReadonlySet<string> => {
  const made = secretMakers.flatMap(kind =>
    mesh.objects(kind).map(({id, value}) => {
      const spec = record(value['spec'])
      const name =
        text(spec['secretName']) ??
        text(record(spec['target'])['name']) ??
        text(record(record(spec['template'])['metadata'])['name']) ??
        id.name
      return `${id.namespace}/${name}`
    }),
  )
  return new Set(made)
})

/** Whether cert-manager, External Secrets or Sealed Secrets will make the Secret. */
export function willBeMade(mesh: Mesh, namespace: string, name: string): boolean {
  return madeSecrets(mesh).has(`${namespace}/${name}`)
}

const namespacesByName = perMesh((mesh): ReadonlyMap<string, readonly KubeObject[]> => {
  const found = new Map<string, KubeObject[]>()
  for (const secret of mesh.objects('Secret')) {
    const known = found.get(secret.id.name)
    if (known === undefined) found.set(secret.id.name, [secret])
    else known.push(secret)
  }
  return found
})

/** Secrets of a name, in whichever namespace. */
export function secretsNamed(mesh: Mesh, name: string): readonly KubeObject[] {
  return namespacesByName(mesh).get(name) ?? []
}
