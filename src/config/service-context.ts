// What reading a service needs beside its own text.
import type { FileAccess } from './files.ts'
import type { Problems } from './problems.ts'
import type { YamlDocument } from './yaml-document.ts'

export type ServiceContext = {
  readonly document: YamlDocument
  /** The folder of astern.yaml; relative paths begin there. */
  readonly folder: string
  readonly files: FileAccess
  readonly env: Readonly<Record<string, string | undefined>>
  readonly problems: Problems
}
