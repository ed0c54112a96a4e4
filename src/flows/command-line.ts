/** Words as a shell reads them back: `meshctl adopt mtls --from 'my manifests'`. */
export function commandLine(words: readonly string[]): string {
  return ['meshctl', ...words.map(quote)].join(' ')
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
