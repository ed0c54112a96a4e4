/** Text as code within a line or table of Markdown. */
export function code(text: string): string {
  const safe = text.replace(/\s+/g, ' ').replaceAll('|', '\\|')
  return safe.includes('`') ? escape(text) : `\`${safe}\``
}

/** Text that Markdown shows as it is, in one line: no emphasis, no link, no HTML of whoever named an object. */
export function escape(text: string): string {
  return text
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[\\`*_[\]|]/g, char => `\\${char}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
