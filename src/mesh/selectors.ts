import {isRecord, record, records, text, textMap, texts} from '../objects/json.ts'
import type {Json} from '../objects/object.ts'
import type {Labels} from './mesh.ts'

/** Whether every label of a selector stands among the labels; an empty selector matches everything. */
export function matches(selector: Labels, labels: Labels): boolean {
  for (const key in selector) if (labels[key] !== selector[key]) return false
  return true
}

/** `selector.matchLabels` of Istio's policies; null where there is no selector or an empty one, which is the same. */
export function policySelector(
  selector: Json | undefined,
  field: 'matchLabels' | 'labels' = 'matchLabels',
): Labels | null {
  if (!isRecord(selector)) return null
  const labels = textMap(selector[field])
  return Object.keys(labels).length === 0 ? null : labels
}

/** A Kubernetes LabelSelector with `matchLabels` and `matchExpressions`. */
export function labelSelectorMatches(selector: Json | undefined, labels: Labels): boolean {
  const {matchLabels, matchExpressions} = record(selector)
  return (
    matches(textMap(matchLabels), labels) &&
    records(matchExpressions).every(expression => expressionMatches(expression, labels))
  )
}

function expressionMatches(expression: Readonly<Record<string, Json | undefined>>, labels: Labels): boolean {
  const key = text(expression['key']) ?? ''
  const values = texts(expression['values'])
  const value = labels[key]
  switch (expression['operator']) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}
