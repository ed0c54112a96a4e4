import type {Mesh} from '../mesh/mesh.ts'
import {capabilities, stageNames} from '../stages/stage.ts'
import type {Capability, CellState, StageName} from '../stages/stage.ts'
import type {CellAnswer, SubjectAnswer} from './answers.ts'

export type Counts = Readonly<Record<CellState, number>>

/** One square of the grid: many cells of one capability as counts, at the stage where they stand. */
export interface Fold {
  readonly kind: 'mesh' | 'namespace' | 'service' | 'workload'
  readonly namespace: string
  readonly name: string
  readonly capability: Capability
  /** The lowest stage at which something is left to do, else the highest that is done. */
  readonly stage: StageName
  readonly counts: Counts
}

/** A line of the grid, and the subjects it speaks of. */
interface Row {
  readonly kind: Fold['kind']
  readonly namespace: string
  readonly name: string
  readonly cells: readonly CellAnswer[]
}

/** The grid: the mesh (unless only some namespaces are asked for), then each namespace followed by its services and the workloads that are behind no service. */
export function foldCells(
  mesh: Mesh,
  cells: readonly CellAnswer[],
  {whole}: {readonly whole: boolean},
): readonly Fold[] {
  const rows = rowsOf(mesh, cells).filter(({kind}) => whole || kind !== 'mesh')
  return rows.flatMap(row =>
    capabilities.flatMap(capability =>
      foldOne(
        row,
        capability,
        row.cells.filter(cell => cell.capability === capability),
      ),
    ),
  )
}

function rowsOf(mesh: Mesh, cells: readonly CellAnswer[]): readonly Row[] {
  const bySubject = Map.groupBy(cells, cell => keyOf(cell.subject))
  const of = (kind: SubjectAnswer['kind'], namespace: string, name: string): readonly CellAnswer[] =>
    bySubject.get(keyOf({kind, namespace, name})) ?? []
  const subjects = [...new Map(cells.map(cell => [keyOf(cell.subject), cell.subject])).values()]
  const namespaces = [...new Set(subjects.map(subject => subject.namespace))]
    .filter(name => name !== '')
    .sort()
  const placed = new Set<string>()
  const services = mesh.services
    .filter(
      service => service.kind === 'Service' && of('service', service.namespace, service.name).length > 0,
    )
    .map((service): Row => {
      const behind = mesh.endpoints(service)
      for (const workload of behind)
        placed.add(keyOf({kind: 'workload', namespace: workload.namespace, name: workload.name}))
      const own = behind.flatMap(workload => of('workload', workload.namespace, workload.name))
      return {
        kind: 'service',
        namespace: service.namespace,
        name: service.name,
        cells: [...of('service', service.namespace, service.name), ...own],
      }
    })
  const alone = subjects
    .filter(subject => subject.kind === 'workload' && !placed.has(keyOf(subject)))
    .map((subject): Row => ({
      kind: 'workload',
      namespace: subject.namespace,
      name: subject.name,
      cells: of('workload', subject.namespace, subject.name),
    }))
  const members = Map.groupBy([...services, ...alone], row => row.namespace)
  return [
    {kind: 'mesh', namespace: '', name: 'mesh', cells},
    ...namespaces.flatMap((namespace): readonly Row[] => [
      {
        kind: 'namespace',
        namespace,
        name: namespace,
        cells: cells.filter(cell => cell.subject.namespace === namespace),
      },
      ...(members.get(namespace) ?? []).sort((a, b) => (a.name < b.name ? -1 : 1)),
    ]),
  ]
}

function foldOne(row: Row, capability: Capability, cells: readonly CellAnswer[]): readonly Fold[] {
  const atStage = stageNames
    .map(stage => ({stage, counts: count(cells.filter(cell => cell.stage === stage))}))
    .filter(({counts}) => Object.values(counts).some(number => number > 0))
  const open = atStage.find(({counts}) => counts.ready + counts.blocked + counts.unknown > 0)
  const standing = open ?? atStage.findLast(({counts}) => counts.done > 0) ?? atStage[0]
  const {kind, namespace, name} = row
  return standing === undefined ? [] : [{kind, namespace, name, capability, ...standing}]
}

function count(cells: readonly CellAnswer[]): Counts {
  const counts: Record<CellState, number> = {
    done: 0,
    ready: 0,
    blocked: 0,
    unknown: 0,
    'not-wanted': 0,
    'not-applicable': 0,
  }
  for (const cell of cells) counts[cell.state] += 1
  return counts
}

export function keyOf({kind, namespace, name}: SubjectAnswer): string {
  return `${kind}/${namespace}/${name}`
}
