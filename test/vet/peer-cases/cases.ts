import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {buildMesh} from '../../../src/mesh/build.ts'
import type {Mesh} from '../../../src/mesh/mesh.ts'
import {record, text} from '../../../src/objects/json.ts'
import type {KubeObject} from '../../../src/objects/object.ts'
import {parseText} from '../../../src/objects/parse.ts'

const folder = join(import.meta.dirname, 'testdata')

export interface PeerCase {
  readonly name: string
  /** File and line of the case in Istio's test; names repeat, this does not. */
  readonly source: string
  readonly analyzer: string
  readonly inputFiles: readonly string[]
  readonly meshConfig?: string
  readonly expected: readonly {readonly code: string; readonly ref: string}[]
}

export const peerCases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as readonly PeerCase[]

/** What Istio's harness gives every case: the ingress gateway of a default installation. */
const ingress = `
apiVersion: v1
kind: Pod
metadata: {name: istio-ingressgateway-dummypod, namespace: istio-system, labels: {istio: ingressgateway}}
spec: {containers: [{name: istio-proxy, image: proxyv2, args: [proxy, router]}]}
---
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec:
  selector: {istio: ingressgateway}
  ports:
    - {name: http2, port: 80}
    - {name: https, port: 443}
    - {name: tcp, port: 31400}
    - {name: tls, port: 15443}
`

/** The mesh of a case as Istio's harness sees it: a whole cluster, in which every Pod of a file runs. */
export function meshOf(one: PeerCase): Mesh {
  const files = one.inputFiles.map(file => parseText(fileText(file), file).objects)
  const objects = [...parseText(ingress, 'ingress.yaml').objects, ...files.flat()].map(running)
  return buildMesh([...objects, ...(one.meshConfig === undefined ? [] : meshConfig(one.meshConfig))], {
    complete: ['*'],
  })
}

function fileText(file: string): string {
  return readFileSync(join(folder, '..', file), 'utf8')
}

function running(object: KubeObject): KubeObject {
  if (object.id.kind !== 'Pod' || object.value['status'] !== undefined) return object
  return {...object, value: {...object.value, status: {phase: 'Running'}}}
}

function meshConfig(file: string): readonly KubeObject[] {
  const id = {cluster: '', apiVersion: 'v1', kind: 'ConfigMap', namespace: 'istio-system', name: 'istio'}
  const metadata = {name: id.name, namespace: id.namespace}
  const value = {apiVersion: id.apiVersion, kind: id.kind, metadata, data: {mesh: fileText(file)}}
  return [{id, value, source: null}]
}

/** `Gateway alpha` or `Pod default/reviews`, as the cases name an object: without a namespace where it names none. */
export function refOf({id, value}: KubeObject): string {
  const namespace = text(record(value['metadata'])['namespace']) ?? ''
  return `${id.kind} ${namespace === '' ? '' : `${namespace}/`}${id.name}`
}
