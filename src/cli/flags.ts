import {boolean, string} from './flag.ts'

/** On every command: how it answers. */
export const outputFlags = {
  json: boolean({
    summary: 'Answer in JSON on stdout; `meshctl schema NAME` prints its schema',
    helpGroup: 'OUTPUT',
  }),
  'no-color': boolean({summary: 'No colour, as NO_COLOR=1 does', helpGroup: 'OUTPUT'}),
  quiet: boolean({char: 'q', summary: 'No narration on stderr, errors only', helpGroup: 'OUTPUT'}),
  'no-input': boolean({summary: 'Never ask; name every missing flag instead', helpGroup: 'OUTPUT'}),
}

/** On every command that reads a mesh: where its objects come from. */
export const inputFlags = {
  from: string({
    summary: 'Read objects from a file, a directory or - (stdin) instead of a cluster; repeatable',
    helpValue: 'PATH',
    multiple: true,
    helpGroup: 'INPUT',
  }),
  base: string({
    summary: 'Lay the input over this snapshot of the whole mesh',
    helpValue: 'FILE',
    helpGroup: 'INPUT',
  }),
  complete: boolean({
    summary: 'The input is the whole mesh: a reference that is not in it is an error',
    helpGroup: 'INPUT',
  }),
  'require-complete': boolean({
    summary: 'Answer only if everything could be read, else exit 3',
    helpGroup: 'INPUT',
  }),
  config: string({
    summary: 'Read this meshctl.yaml (else: of the first --from directory, then of the working directory)',
    helpValue: 'FILE',
    helpGroup: 'INPUT',
  }),
  'istio-version': string({
    summary: "Predict for this version of Istio, e.g. 1.30 (else: the input's, then the newest supported)",
    helpValue: 'X.Y',
    helpGroup: 'INPUT',
  }),
  namespace: string({
    char: 'n',
    summary: 'Only these namespaces; repeatable',
    helpValue: 'NAME',
    multiple: true,
    helpGroup: 'INPUT',
  }),
  context: string({summary: 'Read from this kube-context', helpValue: 'NAME', helpGroup: 'INPUT'}),
  kubeconfig: string({summary: 'Read this kubeconfig', helpValue: 'FILE', helpGroup: 'INPUT'}),
}
