import {parseAllDocuments} from 'yaml'

/** Objects as YAML text, or as values. */
export type Manifest = string | object[]

/**
 * What kubectl is given. Values go as JSON and not as YAML, as kubectl reads YAML of the older version,
 * in which a plain yes is a boolean.
 */
export function manifestText(manifest: Manifest): string {
  if (typeof manifest === 'string') return manifest
  return JSON.stringify({apiVersion: 'v1', kind: 'List', items: manifest})
}

export function objectsOf(manifest: Manifest): object[] {
  if (typeof manifest !== 'string') return manifest
  return parseAllDocuments(manifest)
    .map(document => document.toJS() as object | null)
    .filter(object => object !== null)
}
