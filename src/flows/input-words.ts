/** The flags by which input is asked for; any may be missing. */
export interface InputFlags {
  readonly from?: readonly string[] | undefined
  readonly base?: string | undefined
  readonly complete?: boolean | undefined
  readonly 'require-complete'?: boolean | undefined
  readonly config?: string | undefined
  readonly 'istio-version'?: string | undefined
  readonly namespace?: readonly string[] | undefined
  readonly context?: string | undefined
  readonly kubeconfig?: string | undefined
}

/** The same flags as words of a command line. Namespaces narrow what is shown, not what is read: they are left out. */
export function inputWords(flags: InputFlags): readonly string[] {
  const one = (flag: 'base' | 'config' | 'istio-version' | 'context' | 'kubeconfig'): readonly string[] => {
    const value = flags[flag]
    return value === undefined ? [] : [`--${flag}`, value]
  }
  return [
    ...(flags.from ?? []).flatMap(path => ['--from', path]),
    ...one('base'),
    ...(flags.complete === true ? ['--complete'] : []),
    ...(flags['require-complete'] === true ? ['--require-complete'] : []),
    ...one('config'),
    ...one('istio-version'),
    ...one('context'),
    ...one('kubeconfig'),
  ]
}
