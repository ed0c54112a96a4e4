import pins from './pins.json' with {type: 'json'}

/** Versions and checksums of everything the testbed is made of; go.sum pins the Go modules. */
export {pins}

/** A line of Istio that the testbed can run; each has a Go module that pins its commit. */
export type IstioLine = keyof typeof pins.istio

export const defaultIstioLine: IstioLine = '1.31'
