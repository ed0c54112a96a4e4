import type {JsonObject} from '../../../src/objects/object.ts'

export const rootNamespace = 'istio-system'

export function object(
  apiVersion: string,
  kind: string,
  namespace: string,
  name: string,
  rest: JsonObject,
): JsonObject {
  return {apiVersion, kind, metadata: {name, ...(namespace === '' ? {} : {namespace})}, ...rest}
}

export function istioObject(kind: string, namespace: string, name: string, spec: JsonObject): JsonObject {
  const group = kind === 'PeerAuthentication' || kind === 'AuthorizationPolicy' ? 'security' : 'networking'
  return object(`${group}.istio.io/v1`, kind, namespace, name, {spec})
}
