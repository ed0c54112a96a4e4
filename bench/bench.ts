import {mkdtemp, rm} from 'node:fs/promises'
import {availableParallelism, tmpdir} from 'node:os'
import {join} from 'node:path'
import {generateMesh} from './generate-mesh.ts'
import {installInto} from './installed.ts'
import {findIstioctl} from './istioctl.ts'
import {measureNode, measureProgram, median, middle} from './measure.ts'
import type {Measured} from './measure.ts'

/** `npm run bench`, or `npm run bench -- 100 1000` for other sizes. */
const installed = await mkdtemp(join(tmpdir(), 'bench-meshctl-'))
const meshctl = await installInto(installed)
const asked = process.argv.slice(2).map(Number)
const sizes = asked.length > 0 ? asked : [100, 1000, 10_000]

console.log(`Node ${process.versions.node}, ${availableParallelism()} cores\n`)
console.log('Start-up, the middle of 9 runs')
row(
  'node -e 0',
  median(9, () => measureNode(['-e', '0'])),
)
row(
  'meshctl --version',
  median(9, () => measureNode([meshctl, '--version'])),
)
row(
  'meshctl --help',
  median(9, () => measureNode([meshctl, '--help'])),
)

const istioctl = findIstioctl()
if (istioctl === null) console.log('\nNo istioctl on PATH or in ISTIOCTL: nothing to compare with.')

await predictEdges(1000)

for (const services of sizes) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-mesh-'))
  try {
    const {objects} = await generateMesh(folder, services)
    console.log(`\n${services.toLocaleString('en')} services, ${objects.toLocaleString('en')} objects`)
    compareOn(folder, runsAt(services))
  } finally {
    await rm(folder, {recursive: true})
  }
}
await rm(installed, {recursive: true})

function runsAt(services: number): number {
  return services <= 1000 ? 5 : 3
}

/** Both in turn, so that what else the machine does meets both; the middle of each. */
function compareOn(folder: string, runs: number): void {
  const ours: Measured[] = []
  const theirs: Measured[] = []
  for (let run = 0; run < runs; run += 1) {
    ours.push(measureNode([meshctl, 'vet', folder, '--format', 'json']))
    if (istioctl !== null) theirs.push(measureProgram(istioctl, ['analyze', '--use-kube=false', folder]))
  }
  const vet = middle(ours)
  row('meshctl vet', vet, summary(vet))
  if (theirs.length === 0) return
  const analyze = middle(theirs)
  const ratio = `meshctl takes ${(vet.seconds / analyze.seconds).toFixed(2)} of its time`
  row('istioctl analyze', analyze, `exit ${analyze.status}; ${ratio}`)
}

/** Each of so many workloads calling each of so many services; the time is the prediction's alone. */
async function predictEdges(services: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-mesh-'))
  try {
    await generateMesh(folder, services)
    const measured = measureNode([join(import.meta.dirname, 'predict-edges.ts'), folder])
    const {edges, seconds, predictions} = JSON.parse(measured.stdout) as Readonly<Record<string, number>>
    console.log(`\n${services.toLocaleString('en')} clients by ${services.toLocaleString('en')} services`)
    const note = `${edges?.toLocaleString('en') ?? '?'} edges by ${predictions?.toLocaleString('en') ?? '?'} predictions`
    row('predict all edges', {...measured, seconds: seconds ?? Number.NaN}, note)
  } finally {
    await rm(folder, {recursive: true})
  }
}

function row(name: string, {seconds, peakMb}: Measured, note = ''): void {
  const time = seconds < 1 ? `${(seconds * 1000).toFixed(0)} ms` : `${seconds.toFixed(1)} s`
  const memory = peakMb === null ? '' : `${peakMb.toFixed(0)} MB`
  console.log(`  ${name.padEnd(20)}${time.padStart(9)}${memory.padStart(10)}   ${note}`.trimEnd())
}

function summary({status, stdout}: Measured): string {
  try {
    const {findings} = JSON.parse(stdout) as {findings: readonly unknown[]}
    return `exit ${status}, ${findings.length.toLocaleString('en')} findings`
  } catch {
    return `exit ${status}, no answer`
  }
}
