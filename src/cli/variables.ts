/** The environment variable that stands for a flag: `MESHCTL_ISTIO_VERSION`. */
export function variableOf(flag: string): string {
  return `MESHCTL_${flag.toUpperCase().replaceAll('-', '_')}`
}

export function truthy(value: string | undefined): boolean {
  return value !== undefined && ['1', 'true', 'yes', 'y'].includes(value.toLowerCase())
}
