import {getScalarValue, SCALAR_STYLE} from 'js-yaml'
import type {ScalarEvent} from 'js-yaml'
import type {Json} from './object.ts'
import {resolveScalar, resolveTagged} from './scalars.ts'
import {Stop} from './yaml-fault.ts'

export interface ScalarContext {
  readonly source: string
  /** A handle of a `%TAG` directive and what it stands for. */
  readonly handles: ReadonlyMap<string, string>
}

export function readScalar(context: ScalarContext, event: ScalarEvent): Json {
  const text = scalarText(context.source, event)
  const value = event.tagStart === -1 ? untagged(event, text) : tagged(context, event, text)
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Stop({
      code: 'yaml-syntax',
      message: `${text} is a number that JSON, and so Kubernetes, does not have`,
      offset: event.valueStart,
    })
  }
  return value
}

/** libyaml gives a block scalar that ends with its file no line break that isn't there; js-yaml adds it. */
export function scalarText(source: string, event: ScalarEvent): string {
  const text = getScalarValue(source, event)
  const block = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK
  const added = block && event.valueEnd === source.length && !source.endsWith('\n') && text.endsWith('\n')
  return added ? text.slice(0, -1) : text
}

function untagged(event: ScalarEvent, text: string): Json {
  return event.style === SCALAR_STYLE.PLAIN ? resolveScalar(text) : text
}

function tagged(context: ScalarContext, event: ScalarEvent, text: string): Json {
  const tag = context.source.slice(event.tagStart, event.tagEnd)
  const value = resolveTagged(fullTag(context, tag), text)
  if (value === undefined)
    throw new Stop({
      code: 'yaml-syntax',
      message: `${JSON.stringify(text)} does not fit its tag ${tag}`,
      offset: event.tagStart,
    })
  return value
}

function fullTag(context: ScalarContext, tag: string): string {
  if (tag.startsWith('!<')) return tag.slice(2, -1)
  const handle = tag.slice(0, tag.indexOf('!', 1) + 1)
  const prefix = context.handles.get(handle) ?? (handle === '!!' ? 'tag:yaml.org,2002:' : undefined)
  return prefix === undefined ? tag : prefix + tag.slice(handle.length)
}
