/** `*` is anything but a slash, `**` anything, `?` one character; a path pattern without a slash matches the base name too. */
export function matchesGlob(pattern: string, value: string): boolean {
  const normal = value.replaceAll('\\', '/').replace(/^\.\//, '')
  const expression = regexOf(pattern.replace(/^\.\//, ''))
  if (expression.test(normal)) return true
  return !pattern.includes('/') && expression.test(normal.slice(normal.lastIndexOf('/') + 1))
}

function regexOf(pattern: string): RegExp {
  const source = pattern.replace(/\*\*\/|\*\*|\*|\?|[\\^$.|+()[\]{}]/g, token => {
    if (token === '**/') return '(?:.*/)?'
    if (token === '**') return '.*'
    if (token === '*') return '[^/]*'
    if (token === '?') return '[^/]'
    return `\\${token}`
  })
  return new RegExp(`^${source}$`)
}
