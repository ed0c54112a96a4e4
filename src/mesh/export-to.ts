/** Whether an exportTo list reaches a namespace; an empty one is public. */
export function exported(exportTo: readonly string[], own: string, namespace: string): boolean {
  if (exportTo.length === 0) return true
  return exportTo.some(entry => entry === '*' || entry === namespace || (entry === '.' && own === namespace))
}
