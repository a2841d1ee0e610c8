// Errors about standing in Docker's own command line. Part of the catalogue (error-catalogue.ts).
import type { Entry } from './error-entry.ts'

export const dockerPluginErrors = {
  DOCKER_PLUGIN_TAKEN: {
    exit: 3,
    http: 409,
    retryable: false,
    message: "{path} is there already, and is not Astern's: {what}.",
    hint: 'Nothing was changed. Move it away, or use another folder (DOCKER_CONFIG, or --system).',
  },
  DOCKER_PLUGIN_FOLDER: {
    exit: 1,
    http: 500,
    retryable: false,
    message: '{path} cannot be changed: {reason}.',
    hint: 'With --system it takes root (sudo); without, the folder has to be yours.',
  },
} as const satisfies Record<string, Entry>
