import {pins} from '../pins.ts'
import type {IstioLine} from '../pins.ts'

/** Where images would come from; nothing answers there, all are imported. */
export const imageHub = 'localhost/testbed'

export const pauseImage = `${imageHub}/pause:1`
export const coreDnsImage = `${imageHub}/coredns:1`
/**
 * Node, busybox, the services of Bookinfo and the testbed's own programs in /testbed: `echo.mjs` answers
 * with what it was asked, `request.mjs` and `load.mjs` ask.
 */
export const appImage = `${imageHub}/app:1`
/** The same image, by the name that Bookinfo's manifests have for it. */
export const bookinfoImage = 'docker.io/library/bookinfo-services:1'

/** Istio's own images are tagged by the version, which users' tools read. */
export function istioTag(line: IstioLine): string {
  return pins.istio[line].version
}
