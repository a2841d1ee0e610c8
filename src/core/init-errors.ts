// Errors of `astern init`. Part of the catalogue (error-catalogue.ts).
import type { Entry } from './error-entry.ts'

export const initErrors = {
  INIT_UNKNOWN: {
    exit: 2,
    http: 400,
    retryable: false,
    message:
      'Nothing in {folder} is recognised: there is no go.mod, package.json, pom.xml, build.gradle or Dockerfile. Further down: {elsewhere}.',
    hint: 'Run it in the folder of the service, or write a Dockerfile first.',
  },
  INIT_NOT_WRITTEN: {
    exit: 1,
    http: 500,
    retryable: true,
    message: '{path} cannot be written: {reason}. Written before it: {written}.',
    hint: 'Mend it and run the command again: it writes what is missing.',
  },
} as const satisfies Record<string, Entry>
