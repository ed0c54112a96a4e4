import {MeshctlError} from '../cli/error.ts'
import type {ReadProblem} from './object.ts'

export const advice: Readonly<Record<ReadProblem['code'], string>> = {
  'yaml-syntax': 'Correct the YAML at this place.',
  'duplicate-key': 'Keep one of the two keys.',
  'alias-bomb': 'Write the values out instead of repeating them by aliases.',
  'not-an-object':
    'Leave the file out of the input, or give the document an apiVersion, a kind and a metadata.name.',
  'missing-field': 'Add the field, as text (in quotes where it looks like a number or a boolean).',
  'unreadable-file': 'Check the permissions of the file, or leave it out of the input.',
  'unrendered-template': 'helm template <chart> | meshctl vet -',
  'too-deep': 'Flatten the document; no Kubernetes object is nested this deeply.',
  'binary-file': 'Save the file as UTF-8 text, or leave it out of the input.',
}

export function problemOf(code: ReadProblem['code'], message: string, file: string): ReadProblem {
  return {code, message, file, line: 1, column: 1, try: advice[code]}
}

/** What the system says, without its path and call: `permission denied`. */
export function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return systemReasons[code] ?? (code || String(error))
}

const systemReasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a directory',
  ELOOP: 'its symbolic links form a loop',
  ENOTDIR: 'a part of the path is no directory',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
}

export function unreadable(path: string, error: unknown): MeshctlError {
  return new MeshctlError('unreadable-path', `${path} can't be read: ${reason(error)}.`, {
    try: ['Check the path and its permissions.'],
    found: path,
    file: path,
    cause: error,
  })
}
