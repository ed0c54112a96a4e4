import {MeshctlError} from '../cli/error.ts'

/** `1.30.2` as `1.30`. */
export function istioMinor(given: string): string {
  const [, minor] = /^v?(1\.\d{1,3})(?:\.\d+)?(?:-[\w.]+)?$/.exec(given) ?? []
  if (minor !== undefined) return minor
  throw new MeshctlError('invalid-value', `--istio-version cannot be ${given}: it is no version of Istio.`, {
    try: ['Write it like 1.30.'],
    found: given,
    validOptions: ['1.30', '1.31'],
  })
}
