import type {CommandClass} from '../cli/base-command.ts'

/** Every command, loaded when it is called. `''` is meshctl without a command. */
export const commands: Readonly<Record<string, () => Promise<CommandClass>>> = {
  '': async () => (await import('./home.ts')).Home,
  adopt: async () => (await import('./adopt.ts')).Adopt,
  status: async () => (await import('./status.ts')).Status,
  vet: async () => (await import('./vet.ts')).Vet,
  'vet rules': async () => (await import('./vet-rules.ts')).VetRules,
  'vet explain': async () => (await import('./vet-explain.ts')).VetExplain,
  explain: async () => (await import('./explain.ts')).Explain,
  whatif: async () => (await import('./whatif.ts')).Whatif,
  snapshot: async () => (await import('./snapshot.ts')).Snapshot,
  schema: async () => (await import('./schema.ts')).Schema,
  completion: async () => (await import('./completion.ts')).Completion,
}
