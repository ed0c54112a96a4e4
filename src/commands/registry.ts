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
  clients: async () => (await import('./clients.ts')).Clients,
  'clients declare': async () => (await import('./clients-declare.ts')).ClientsDeclare,
  'clients confirm': async () => (await import('./clients-confirm.ts')).ClientsConfirm,
  'clients import': async () => (await import('./clients-import.ts')).ClientsImport,
  'clients observe': async () => (await import('./clients-observe.ts')).ClientsObserve,
  verify: async () => (await import('./verify.ts')).Verify,
  history: async () => (await import('./history.ts')).History,
  rollback: async () => (await import('./rollback.ts')).Rollback,
  whatif: async () => (await import('./whatif.ts')).Whatif,
  snapshot: async () => (await import('./snapshot.ts')).Snapshot,
  schema: async () => (await import('./schema.ts')).Schema,
  completion: async () => (await import('./completion.ts')).Completion,
}
