import {spawnSync} from 'node:child_process'
import {mkdtemp, rm} from 'node:fs/promises'
import {availableParallelism, tmpdir} from 'node:os'
import {join} from 'node:path'
import {generateMesh} from './generate-mesh.ts'
import {measureNode, measureProgram, median} from './measure.ts'
import type {Measured} from './measure.ts'

/** `npm run bench`, or `npm run bench -- 100 1000` for other sizes. */
const meshctl = join(import.meta.dirname, '../bin/meshctl.js')
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
    const vet = measureNode([meshctl, 'vet', folder, '--format', 'json'])
    row('meshctl vet', vet, summary(vet))
    if (istioctl !== null) {
      const analyze = measureProgram(istioctl, ['analyze', '--use-kube=false', folder])
      row('istioctl analyze', analyze, `exit ${analyze.status}`)
    }
  } finally {
    await rm(folder, {recursive: true})
  }
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

function findIstioctl(): string | null {
  const candidate = process.env['ISTIOCTL'] ?? 'istioctl'
  return spawnSync(candidate, ['version', '--remote=false']).status === 0 ? candidate : null
}
