import {text} from '../objects/json.ts'
import type {Json} from '../objects/object.ts'
import {parseDuration} from './durations.ts'

/**
 * A route's `timeout` as Istio applies it, in the words of its author; null for no limit, which is what an absent or a
 * zero timeout means (istio pilot/pkg/networking/core/route/route.go setTimeout).
 */
export function readTimeout(value: Json | undefined): string | null {
  const written = text(value)
  return written !== undefined && (parseDuration(written) ?? 0) > 0 ? written : null
}
