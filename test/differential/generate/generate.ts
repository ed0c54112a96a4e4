import type {JsonObject} from '../../../src/objects/object.ts'
import {randomFrom} from '../random.ts'
import type {Random} from '../random.ts'
import {authorizationPolicies} from './authorization.ts'
import {serviceEntries} from './service-entries.ts'
import {destinationRules, peerAuthentications} from './tls-policies.ts'
import type {Namer} from './tls-policies.ts'
import {planTopology} from './topology.ts'
import type {Topology} from './topology.ts'
import {sidecars} from './sidecars.ts'
import {virtualServices} from './virtual-services.ts'

/** One random mesh: small, and dense with what decides about transport. */
export interface GeneratedMesh {
  readonly seed: number
  readonly topology: Topology
  readonly policies: readonly JsonObject[]
  /** Policies from this position on are made in a later second than the others, so that age tells them apart. */
  readonly laterFrom: number
}

/** This many meshes share their pods: they differ by their policies only. */
const meshesPerTopology = 25

/** Generates the mesh of a seed. Every caller calls every service. */
export function generateMesh(seed: number): GeneratedMesh {
  const topology = planTopology(Math.floor(seed / meshesPerTopology))
  const random = randomFrom(seed)
  const name = namer(random)
  const policies = shuffled(random, [
    ...peerAuthentications(random, topology, name),
    ...destinationRules(random, topology, name),
    ...sidecars(random, topology, name),
    ...virtualServices(random, topology, name),
    ...serviceEntries(random, topology, name),
    ...authorizationPolicies(random, topology, name),
  ])
  const laterFrom = random.chance(0.1) ? random.below(policies.length + 1) : policies.length
  return {seed, topology, policies, laterFrom}
}

function namer(random: Random): Namer {
  let count = 0
  return kind => `${random.pick(['a', 'k', 'z'])}-${kind}-${count++}`
}

function shuffled(random: Random, items: readonly JsonObject[]): readonly JsonObject[] {
  return items
    .map(item => ({item, rank: random.below(1_000_000)}))
    .sort((a, b) => a.rank - b.rank)
    .map(({item}) => item)
}
