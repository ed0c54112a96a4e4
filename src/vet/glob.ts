/** `*` is anything but a slash, `**` anything, `?` one character; a path pattern without a slash matches the base name too. */
export function matchesGlob(pattern: string, value: string): boolean {
  const normal = value.replaceAll('\\', '/').replace(/^\.\//, '')
  const expression = regexOf(pattern.replace(/^\.\//, ''))
  if (expression.test(normal)) return true
  return !pattern.includes('/') && expression.test(normal.slice(normal.lastIndexOf('/') + 1))
}

const compiled = new Map<string, RegExp>()

/** Patterns are few (of settings and of rules), and are asked for every object. */
function regexOf(pattern: string): RegExp {
  const known = compiled.get(pattern) ?? compile(pattern)
  compiled.set(pattern, known)
  return known
}

function compile(pattern: string): RegExp {
  const source = pattern.replace(/\*\*\/|\*\*|\*|\?|[\\^$.|+()[\]{}]/g, token => {
    if (token === '**/') return '(?:.*/)?'
    if (token === '**') return '.*'
    if (token === '*') return '[^/]*'
    if (token === '?') return '[^/]'
    return `\\${token}`
  })
  return new RegExp(`^${source}$`)
}
