import {record, records, text} from '../objects/json.ts'
import type {JsonObject} from '../objects/object.ts'
import type {Api} from './api.ts'
import {pathOf} from './discover.ts'
import type {Resource} from './discover.ts'

/** The name under which meshctl owns fields. */
export const fieldManager = 'meshctl'

export interface WriteOptions {
  /** The server checks (schema, webhooks, permissions) and stores nothing. */
  readonly dryRun?: boolean
  /** Takes over fields that another manager owns. */
  readonly force?: boolean
}

function query(
  {dryRun = false, force = false}: WriteOptions,
  applies: boolean,
): Readonly<Record<string, string>> {
  return {
    fieldManager,
    fieldValidation: 'Strict',
    ...(dryRun ? {dryRun: 'All'} : {}),
    ...(applies && force ? {force: 'true'} : {}),
  }
}

function placeOf(value: JsonObject): {readonly namespace: string; readonly name: string} {
  const metadata = record(value['metadata'])
  return {namespace: text(metadata['namespace']) ?? '', name: text(metadata['name']) ?? ''}
}

/**
 * Server-side apply of just these fields. A field that another manager set to another value is a conflict
 * (ApiError 409), unless forced.
 */
export function applyFields(
  api: Api,
  resource: Resource,
  fields: JsonObject,
  options: WriteOptions = {},
): Promise<JsonObject> {
  const {namespace, name} = placeOf(fields)
  return api.request({
    method: 'PATCH',
    path: pathOf(resource, namespace, name),
    query: query(options, true),
    body: fields,
    contentType: 'application/apply-patch+yaml',
  })
}

/** Creates an object; ApiError 409 where it exists. */
export function createObject(
  api: Api,
  resource: Resource,
  value: JsonObject,
  options: WriteOptions = {},
): Promise<JsonObject> {
  return api.request({
    method: 'POST',
    path: pathOf(resource, placeOf(value).namespace),
    query: query(options, false),
    body: value,
  })
}

/** Replaces an object whole; its `metadata.resourceVersion` makes that fail (409) where it changed meanwhile. */
export function replaceObject(
  api: Api,
  resource: Resource,
  value: JsonObject,
  options: WriteOptions = {},
): Promise<JsonObject> {
  const {namespace, name} = placeOf(value)
  return api.request({
    method: 'PUT',
    path: pathOf(resource, namespace, name),
    query: query(options, false),
    body: value,
  })
}

/** Deletes an object, if it still is the one that was seen. */
export function deleteObject(
  api: Api,
  resource: Resource,
  value: JsonObject,
  options: WriteOptions = {},
): Promise<JsonObject> {
  const {namespace, name} = placeOf(value)
  const metadata = record(value['metadata'])
  const preconditions = {
    ...(text(metadata['uid']) === undefined ? {} : {uid: text(metadata['uid']) ?? ''}),
    ...(text(metadata['resourceVersion']) === undefined
      ? {}
      : {resourceVersion: text(metadata['resourceVersion']) ?? ''}),
  }
  const dryRun = options.dryRun === true ? {dryRun: ['All']} : {}
  return api.request({
    method: 'DELETE',
    path: pathOf(resource, namespace, name),
    body: {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions,
      propagationPolicy: 'Background',
      ...dryRun,
    },
  })
}

export function readObject(
  api: Api,
  resource: Resource,
  namespace: string,
  name: string,
): Promise<JsonObject> {
  return api.request({path: pathOf(resource, namespace, name)})
}

/** Who owns which fields of an object, by its managedFields: manager to the paths that it set. */
export function managersOf(
  value: JsonObject,
): readonly {readonly manager: string; readonly operation: string; readonly fields: JsonObject}[] {
  return records(record(value['metadata'])['managedFields']).map(entry => ({
    manager: text(entry['manager']) ?? '',
    operation: text(entry['operation']) ?? '',
    fields: record(entry['fieldsV1']),
  }))
}
