/** etcd takes 1.5 MiB and the API server 1 MiB of a ConfigMap's data; this leaves room for the rest of the object. */
const partBytes = 900 * 1024

/** A text in pieces of at most `limit` bytes, none of which cuts a character in two. */
export function byteParts(content: string, limit = partBytes): readonly string[] {
  const bytes = Buffer.from(content, 'utf8')
  const parts: string[] = []
  let start = 0
  while (start < bytes.length) {
    let end = Math.min(start + limit, bytes.length)
    // A byte 10xxxxxx continues a character.
    while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
    parts.push(bytes.toString('utf8', start, end))
    start = end
  }
  return parts.length === 0 ? [''] : parts
}
