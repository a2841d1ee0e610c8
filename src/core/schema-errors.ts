// Errors about the schema of a service's database. Part of the catalogue (error-catalogue.ts).
import type { Entry } from './error-entry.ts'

export const schemaErrors = {
  SCHEMA: {
    exit: 3,
    http: 409,
    retryable: false,
    message: '{release} cannot work with the database: {reason}.{other}',
    hint: 'Override with --force=schema. astern diff shows what releases need; astern rollback --revert-database takes the schema back as well.',
  },
  NO_REVERT: {
    exit: 2,
    http: 400,
    retryable: false,
    message: 'Nothing says how the schema of {service} in {environment} is taken back.',
    hint: 'Nothing was changed. Say so in astern.yaml (database: { revert: [/app, migrate, goto, "{version}"] }); it counts from the next deploy on.',
  },
  REVERT_FAILED: {
    exit: 5,
    http: 500,
    retryable: false,
    message: 'The schema was not taken back to version {to}: {reason}.{log}',
    hint: 'Look at the database before anything else: its schema is {now}.',
  },
  REVERT_UNKNOWN: {
    exit: 5,
    http: 500,
    retryable: false,
    message: 'Nobody can tell whether the schema was taken back to version {to}: it was begun, and {reason}.',
    hint: 'It is not begun again. Look at the database, put it right by hand, and run the rollback once more.',
  },
} as const satisfies Record<string, Entry>
