/** Whether a name matches a glob: `*` is anything but a slash, `?` one character of it. */
export function matchesName(glob: string, name: string): boolean {
  if (!/[*?]/.test(glob)) return glob === name
  const source = glob
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll(/\*+/g, '[^/]*')
    .replaceAll('?', '[^/]')
  return new RegExp(`^${source}$`).test(name)
}
