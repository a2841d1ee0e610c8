// The catalogue of everything that can go wrong and that a user can do something about. docs/errors.md is generated from it.
// A programmer's error is not in here: it is an assertion and crashes.
import { dockerPluginErrors } from './docker-plugin-errors.ts'
import { buildErrors } from './build-errors.ts'
import { checkErrors } from './check-errors.ts'
import type { Entry } from './error-entry.ts'
import { gitErrors } from './git-errors.ts'
import { hostErrors } from './host-errors.ts'
import { imageErrors } from './image-errors.ts'
import { schemaErrors } from './schema-errors.ts'
import { initErrors } from './init-errors.ts'
import { retentionErrors } from './retention-errors.ts'

export const catalogue = {
  // --- usage and configuration
  USAGE: {
    exit: 2,
    http: 400,
    retryable: false,
    message: '{problem}',
    hint: 'astern {command} --help shows examples.',
  },
  CONFIG_NOT_FOUND: {
    exit: 2,
    http: 400,
    retryable: false,
    message: 'There is no astern.yaml in {folder} or above it.',
    hint: 'astern init writes one; or name it with --config.',
  },
  CONFIG_INVALID: {
    exit: 2,
    http: 400,
    retryable: false,
    message: '{count} problem(s) in the configuration:\n{problems}',
    hint: 'Nothing was changed. Mend them and run the command again.',
  },
  SERVICE_NEEDED: {
    exit: 2,
    http: 400,
    retryable: false,
    message: 'Several services are known: {known}.',
    hint: 'Name one with --service.',
  },
  ENVIRONMENT_NEEDED: {
    exit: 2,
    http: 400,
    retryable: false,
    message: 'Several environments are known: {known}.',
    hint: 'Name one with --env.',
  },
  SERVICE_UNKNOWN: {
    exit: 2,
    http: 404,
    retryable: false,
    message: 'There is no service {service} in {environment}. Known: {known}.',
    hint: 'Look at the spelling, or deploy it first.',
  },
  RELEASE_UNKNOWN: {
    exit: 2,
    http: 404,
    retryable: false,
    message: '{service} has no release {release} in {environment}.',
    hint: 'astern releases lists them all.',
  },
  REPLICA_UNKNOWN: {
    exit: 2,
    http: 404,
    retryable: false,
    message: 'No replica of {wanted} runs. Running: {known}.',
    hint: 'Name one with --replica, or use astern run RELEASE -- CMD, which needs none.',
  },
  PROCESS_UNKNOWN: {
    exit: 2,
    http: 404,
    retryable: false,
    message: '{release} has no process {process}.',
    hint: 'astern show {release} shows what it is made of.',
  },
  TRANSACTION_UNKNOWN: {
    exit: 2,
    http: 404,
    retryable: false,
    message: 'There is no operation {transaction}.',
    hint: 'astern log lists them all.',
  },
  TAG_NEEDED: {
    exit: 2,
    http: 400,
    retryable: false,
    message: 'No tag was named, and neither a build nor the compose file names one.',
    hint: 'astern deploy TAG. `latest` is never assumed: it names another image tomorrow.',
  },
  IMAGE_NOT_FOUND: {
    exit: 2,
    http: 404,
    retryable: false,
    message: 'The image {image} is neither on this host nor in its registry: {reason}. Nothing was changed.',
    hint: 'Look at the tag, build the image, or push it.',
  },
  ADOPT_IMPOSSIBLE: {
    exit: 2,
    http: 409,
    retryable: false,
    message: 'The container {container} cannot be adopted: {reason}. Nothing was changed.',
    hint: 'docker ps --all shows containers; a service that has releases is deployed to.',
  },
  NETWORK_UNKNOWN: {
    exit: 2,
    http: 409,
    retryable: true,
    message: 'There is no network {network}, which {service} is to join.',
    hint: 'Start what makes it ({command}), or take it out of `networks`.',
  },
  SECRET_UNAVAILABLE: {
    exit: 2,
    http: 400,
    retryable: true,
    message: 'The secret {name} cannot be read from {source}: {reason}. Nothing was changed.',
    hint: 'Mend its source in astern.yaml.',
  },
  // --- refused, nothing was changed
  QUARANTINED: {
    exit: 3,
    http: 409,
    retryable: false,
    message:
      '{release} is what was rolled back from ({reason}); the same image and configuration cannot be deployed again.',
    hint: 'Deploy a corrected version, or override with --force=quarantine.',
  },
  NO_TARGET: {
    exit: 3,
    http: 409,
    retryable: false,
    message: 'No earlier release can be gone back to:\n{reasons}',
    hint: 'astern releases shows them; name one with --to, overriding a quarantine with --force=quarantine.',
  },
  HELD: {
    exit: 3,
    http: 409,
    retryable: false,
    message: 'Deploys of {service} to {environment} are on hold since {since}, by {by}{moved}: {reason}',
    hint: 'astern resume lifts the hold; --force=hold deploys in spite of it.',
  },
  OUTDATED: {
    exit: 3,
    http: 409,
    retryable: false,
    message:
      '{revision} is an ancestor of {serving}, which {release} serves: the deploy would be a rollback in silence.',
    hint: 'Deploy what is newer, or override with --force=outdated; astern rollback goes back.',
  },
  FROZEN: {
    exit: 3,
    http: 409,
    retryable: false,
    message: 'Deploys of {service} to {environment} are frozen until {until} ({window}).',
    hint: 'Wait, or override with --force=freeze. A rollback is never frozen.',
  },
  FORBIDDEN: {
    exit: 3,
    http: 403,
    retryable: false,
    message: '{actor} may not do this.',
    hint: 'Ask someone who may.',
  },
  RAMP_IMPOSSIBLE: {
    exit: 3,
    http: 409,
    retryable: false,
    message: 'Traffic cannot move to {release} step by step: two releases of this service must not run at once.',
    hint: 'Roll back without --ramp.',
  },
  FOREIGN_INSTALLATION: {
    exit: 3,
    http: 409,
    retryable: false,
    message:
      'Another installation of Astern ({installation}) already runs {service} in {environment} on this Docker host.',
    hint: 'Use its state (ASTERN_STATE), or stop it first with its own astern down --all.',
  },
  // --- a deploy failed, the previous release serves
  DEPLOY_FAILED: {
    exit: 4,
    http: 500,
    retryable: false,
    message: '{reason}\nServing now: {serving}.',
    hint: 'Mend it and deploy again. astern log {transaction} shows every step.',
  },
  SCALE_FAILED: {
    exit: 4,
    http: 500,
    retryable: true,
    message: '{reason}\n{serving} goes on as before: {before}.',
    hint: 'Mend it, or ask for fewer. astern log {transaction} shows every step.',
  },
  TAKEN_BACK: {
    exit: 4,
    http: 409,
    retryable: false,
    message: 'It was taken back: {reason}.\nServing now: {serving}.',
    hint: 'astern show {release} --verdict shows the evidence, astern logs --release {release} its output.',
  },
  ABORTED: {
    exit: 4,
    http: 409,
    retryable: false,
    message: '{by} stopped it. Serving now: {serving}.',
    hint: 'Deploy it again when you are ready.',
  },
  UNDECIDED: {
    exit: 4,
    http: 409,
    retryable: false,
    message: 'It was taken back, because nothing certain can be said of it: {reason}.\nServing now: {serving}.',
    hint: 'astern show {release} --verdict shows the evidence. With verdict: { undecided: go_on } it would go on.',
  },
  PREEMPTED: {
    exit: 4,
    http: 409,
    retryable: false,
    message: 'The rollback {by} took over meanwhile. Serving now: {serving}.',
    hint: 'astern log {by} shows it.',
  },
  INTERRUPTED: {
    exit: 4,
    http: 500,
    retryable: true,
    message: 'Interrupted. Serving now: {serving}.',
    hint: 'Run it again when you are ready.',
  },
  // --- a rollback failed, a human is needed
  ROLLBACK_FAILED: {
    exit: 5,
    http: 500,
    retryable: true,
    message: 'The rollback to {release} did not succeed: {reason}\nServing now: {serving}.',
    hint: 'Try again, go further back with astern rollback --to, or look with astern doctor.',
  },
  // --- steps
  START_FAILED: {
    exit: 1,
    http: 500,
    retryable: true,
    message: 'The container of {replica} did not start: {reason}',
    hint: 'astern logs --release {release} shows its output.',
  },
  HEALTH_FAILED: {
    exit: 1,
    http: 500,
    retryable: true,
    message: '{replica} did not become healthy within {within}: {reason}{log}',
    hint: 'Look at its last log lines and at `health` in astern.yaml.',
  },
  PROOF_FAILED: {
    exit: 1,
    http: 500,
    retryable: true,
    message: '{answers} of {of} answers through the proxy came from {release}: {seen}',
    hint: 'astern status shows what serves; astern doctor looks at the proxy.',
  },
  HOOK_FAILED: {
    exit: 1,
    http: 500,
    retryable: true,
    message: 'The hook {hook} failed: {reason}{log}',
    hint: 'Mend what it does, or its place in astern.yaml.',
  },
  HOOK_UNKNOWN: {
    exit: 1,
    http: 500,
    retryable: false,
    message:
      'Whether the hook {hook} did its work is unknown: the process that ran it ended before it did. It was not run again.',
    hint: 'See what it has done ({token}), put that right, then deploy again.',
  },
  PORT_TAKEN: {
    exit: 2,
    http: 409,
    retryable: true,
    message: '{address} is already in use{by}.',
    hint: 'Stop what holds it, or choose another port in astern.yaml.',
  },
  ADDRESS_TAKEN: {
    exit: 1,
    http: 409,
    retryable: true,
    message: 'The address {address} of {replica} is held by another container on the network: {by}.',
    hint: 'Remove that container from the network {network}.',
  },
  // --- nothing to do, busy
  NOTHING_TO_DO: { exit: 6, http: 200, retryable: false, message: '{reason}', hint: '' },
  BUSY: {
    exit: 7,
    http: 409,
    retryable: true,
    message: '{operation} {transaction} by {actor} holds {service} in {environment} since {since}.',
    hint: 'Wait for it; a rollback does not have to wait for a deploy.',
  },
  // --- images and registries
  ...imageErrors,
  ...schemaErrors,
  ...dockerPluginErrors,
  // --- the first step in a project
  ...initErrors,
  ...retentionErrors,
  ...buildErrors,
  // --- git, versions and code hosts
  ...gitErrors,
  // --- checks of images
  ...checkErrors,
  // --- the host
  ...hostErrors,
} as const satisfies Record<string, Entry>
