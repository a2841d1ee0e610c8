// Errors about checks of images, and about what may be deployed because of them. Part of the catalogue (error-catalogue.ts).
import type { Entry } from './error-entry.ts'

export const checkErrors = {
  CHECKS_MISSING: {
    exit: 2,
    http: 409,
    retryable: false,
    message: '{service} has no checks in {environment}, and a verification of nothing is none.',
    hint: 'Write some into astern.yaml: environments: { {environment}: { checks: { selftest: { run: [/app, selftest] } } } }.',
  },
  COMPOSE_MISSING: {
    exit: 2,
    http: 500,
    retryable: false,
    message: 'The check {check} needs docker compose, which is not here: {reason}.',
    hint: 'Install the Compose plugin of Docker (docker-compose-plugin, on Debian docker-compose-v2 or docker-compose), then see: docker compose version.',
  },
  COMPOSE_FAILED: {
    exit: 1,
    http: 500,
    retryable: true,
    message: 'The compose project of {file} {reason}.',
    hint: 'Mend the file, or what its services need.',
  },
  CHECK_FAILED: {
    exit: 4,
    http: 409,
    retryable: true,
    message: '{image} has not passed in {environment}:{problems}',
    hint: 'Nothing was deployed. The whole output is in {logs}.',
  },
  UNVERIFIED: {
    exit: 3,
    http: 409,
    retryable: false,
    message:
      '{environment} takes only images that have passed in {required}, and {image} {reason}. Nothing was changed.',
    hint: '{command}',
  },
  NOT_PROMOTABLE: {
    exit: 3,
    http: 409,
    retryable: false,
    message: 'Nothing of {service} can be promoted from {environment}: {reason}.',
    hint: 'Only what has served there is promoted: astern releases --env {environment}.',
  },
} as const satisfies Record<string, Entry>
