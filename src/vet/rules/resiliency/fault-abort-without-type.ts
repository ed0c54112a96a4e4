import {at, isRecord} from '../../../objects/json.ts'
import {writtenHttp} from '../../reading/written-routes.ts'
import {virtualServicesOf} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'fault-abort-without-type',
  area: 'resiliency',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0133'],
  formerIds: [],
  messages: {
    nothing: 'This abort has no httpStatus and no grpcStatus: it aborts nothing.',
  },
  why: 'An abort is an answer with a status. Without one Istio takes the object with a warning and injects nothing, and the experiment shows that all is well.',
  fix: 'Add httpStatus, or grpcStatus for gRPC.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const {value, path} of writtenHttp(virtualService)) {
        const abort = at(value, ['fault', 'abort'])
        if (
          !isRecord(abort) ||
          ['httpStatus', 'grpcStatus', 'http2Error'].some(field => abort[field] !== undefined)
        )
          continue
        report({messageId: 'nothing', object: virtualService, path: [...path, 'fault', 'abort']})
      }
    }
  },
})
