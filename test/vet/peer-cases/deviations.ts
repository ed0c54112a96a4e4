/** An expected code that is not reported, or a reported one that is not expected: on purpose, with the reason. */
export interface Deviation {
  readonly source: string
  readonly code: string
  readonly ref: string
  readonly reason: string
}

/** Codes that istioctl reports and meshctl does not, on purpose. */
export const notReported: readonly Deviation[] = [
  {
    source: 'analyzers_test.go:287',
    code: 'IST0102',
    ref: 'Namespace bar',
    reason:
      'A namespace without workloads or policies need not be in the mesh: users call this code noise (istio#17806).',
  },
]

const switchedOff =
  'An info only: injection is switched off on purpose, and the revision label beside it is never read.'

/** Findings that stand for a code of the case's analyzer and that istioctl does not have, on purpose. */
export const reportedBeyond: readonly Deviation[] = [
  {source: 'analyzers_test.go:287', code: 'IST0123', ref: 'Namespace not-conflict-ns-2', reason: switchedOff},
  {source: 'analyzers_test.go:300', code: 'IST0123', ref: 'Namespace not-conflict-ns-2', reason: switchedOff},
]
