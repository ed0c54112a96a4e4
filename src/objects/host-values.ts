/**
 * What a snapshot keeps of a value that may hold anything: the hosts that a mesh can be asked about, and nothing else.
 * A URL keeps its scheme, host and port, and loses its credentials, path and query. A name without a scheme is kept
 * only where it is known to be a service's: `hunter2` might be one, or a password.
 */
export function hostsIn(value: string, isKnownHost: (host: string) => boolean): string | undefined {
  // A very long value is data; the model doesn't look at it beyond this either.
  const text = value.slice(0, 100_000)
  const found: string[] = []
  for (const match of text.matchAll(address)) {
    const [whole, scheme, host, port] = match
    if (host === undefined || host.length > 253) continue
    if (scheme === undefined && /[\w/@.-]/.test(text[match.index - 1] ?? ' ')) continue
    if (scheme === undefined && (whole.includes('@') || !isKnownHost(host.toLowerCase()))) continue
    found.push(`${scheme === undefined ? '' : `${scheme}://`}${host}${port === undefined ? '' : `:${port}`}`)
  }
  return found.length === 0 ? undefined : found.join(value.includes('\n') ? '\n' : ',')
}

const label = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?'
const address = new RegExp(
  `(?:([a-z][a-z0-9+.-]*(?::[a-z]+)?)://)?(?:[^\\s@/,;|'"<>()[\\]{}]+@)?((?:\\*|${label})(?:\\.${label})*)(?::(\\d{1,5}))?(?![\\w-])`,
  'gi',
)

/** Kubernetes expands `$(NAME)` in values and arguments from the variables before it. */
export function expandVariables(value: string, known: ReadonlyMap<string, string>): string {
  return value.replace(/\$\(([\w.-]+)\)/g, (whole, name: string) => known.get(name) ?? whole)
}
