import {record} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'

const foreign = {
  'networking.istio.io': ['gatewayClassName', 'listeners'],
  'gateway.networking.k8s.io': ['servers', 'selector'],
} as const

export interface MixedGateway {
  readonly field: string
  /** The group that has the field. */
  readonly other: string
}

/** A Gateway written with the fields of the other API that has a kind of this name; null where it is not. */
export function mixedGateway({id, value}: KubeObject): MixedGateway | null {
  if (id.kind !== 'Gateway') return null
  const istio = id.apiVersion.startsWith('networking.istio.io/')
  if (!istio && !id.apiVersion.startsWith('gateway.networking.k8s.io/')) return null
  const group = istio ? 'networking.istio.io' : 'gateway.networking.k8s.io'
  const spec = record(value['spec'])
  const field = foreign[group].find(name => Object.hasOwn(spec, name))
  const other = istio ? 'gateway.networking.k8s.io' : 'networking.istio.io'
  return field === undefined ? null : {field, other}
}
