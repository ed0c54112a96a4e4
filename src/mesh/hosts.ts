/** The cluster's DNS domain; clusters with another one are not recognised yet. */
export const clusterDomain = 'cluster.local'

/** istio pkg/config/model ResolveShortnameToFQDN: no dot takes the namespace, any dot means fully qualified. */
export function qualifyHost(name: string, namespace: string): string {
  return name === '' || name.includes('.') || name.startsWith('*') ? name : serviceHost(name, namespace)
}

export function serviceHost(name: string, namespace: string): string {
  return `${name}.${namespace}.svc.${clusterDomain}`
}

export function isWildcard(host: string): boolean {
  return host.startsWith('*')
}

/** Whether a host pattern (`*`, `*.local`, or exact) covers a host (istio pkg/config/host Name.Matches, one way). */
export function hostCovers(pattern: string, host: string): boolean {
  return isWildcard(pattern) ? host.endsWith(pattern.slice(1)) : pattern === host
}

/**
 * The most specific entry for a host: the exact one, else the longest wildcard that covers it
 * (istio pilot/pkg/model/config.go MostSpecificHostMatch).
 */
export function mostSpecific<Value>(
  host: string,
  entries: ReadonlyMap<string, Value>,
): readonly [string, Value] | undefined {
  const exact = entries.get(host)
  if (exact !== undefined) return [host, exact]
  if (!holdsWildcard(entries)) return undefined
  for (const pattern of wildcardsCovering(host)) {
    const found = entries.get(pattern)
    if (found !== undefined) return [pattern, found]
  }
  return undefined
}

/** Asked once an index: most have no wildcard, and then a host is looked up once and not once a suffix. */
function holdsWildcard(entries: ReadonlyMap<string, unknown>): boolean {
  const found = withWildcard.get(entries) ?? [...entries.keys()].some(isWildcard)
  withWildcard.set(entries, found)
  return found
}

const withWildcard = new WeakMap<ReadonlyMap<string, unknown>, boolean>()

/**
 * Every wildcard pattern that could cover a host, longest first. Istio matches by suffix, so `*views.default…` counts
 * as well as `*.default…`; walking the suffixes keeps the look-up independent of how many patterns there are.
 */
export function* wildcardsCovering(host: string): Iterable<string> {
  for (let start = isWildcard(host) ? 1 : 0; start <= host.length; start++) yield `*${host.slice(start)}`
}

/**
 * Spellings under which a pod's resolver would find a service, search domains of its namespace included
 * (`<ns>.svc.cluster.local`, `svc.cluster.local`, `cluster.local`).
 */
export function searchCandidates(name: string, namespace: string): readonly string[] {
  const bare = name.endsWith('.') ? name.slice(0, -1) : name
  if (bare === '') return []
  return [
    `${bare}.${namespace}.svc.${clusterDomain}`,
    `${bare}.svc.${clusterDomain}`,
    `${bare}.${clusterDomain}`,
    bare,
  ]
}
