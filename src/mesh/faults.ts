import {isRecord, number, record, text} from '../objects/json.ts'
import type {Json} from '../objects/object.ts'
import {parseDuration} from './durations.ts'
import type {Faults} from './outcome.ts'

/**
 * The faults that a route injects (istio pilot/pkg/networking/core/route/route.go TranslateFault). An absent percentage
 * means never, not always; only a fixed delay and an HTTP or gRPC status are injected, anything else is dropped. The
 * client's proxy injects them before the request leaves, so callers outside the mesh and outlier detection see none.
 */
export function readFaults(value: Json | undefined): Faults | null {
  const {delay, abort} = record(value)
  const faults: Faults = {delay: readDelay(delay), abort: readAbort(abort)}
  return faults.delay === null && faults.abort === null ? null : faults
}

/** Whether any request can meet a fault. */
export function injects(faults: Faults | null): boolean {
  return (faults?.delay?.percentage ?? 0) > 0 || (faults?.abort?.percentage ?? 0) > 0
}

function readDelay(value: Json | undefined): Faults['delay'] {
  if (!isRecord(value)) return null
  const fixedDelay = text(value['fixedDelay'])
  if (fixedDelay === undefined || parseDuration(fixedDelay) === null) return null
  const percentage = isRecord(value['percentage'])
    ? percentageOf(value['percentage'])
    : (number(value['percent']) ?? 0)
  return {fixedDelay, percentage: within(percentage)}
}

function readAbort(value: Json | undefined): Faults['abort'] {
  if (!isRecord(value)) return null
  const httpStatus = number(value['httpStatus'])
  const status = httpStatus === undefined ? text(value['grpcStatus']) : String(httpStatus)
  return status === undefined ? null : {status, percentage: within(percentageOf(value['percentage']))}
}

function percentageOf(value: Json | undefined): number {
  return number(record(value)['value']) ?? 0
}

function within(percentage: number): number {
  return Math.min(100, Math.max(0, percentage))
}
