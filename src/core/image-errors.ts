// Errors about images on their way: tags, builds, registries. Part of the catalogue (error-catalogue.ts).
import type { Entry } from './error-entry.ts'

export const imageErrors = {
  TAG_MOVED: {
    exit: 3,
    http: 409,
    retryable: false,
    message: '{image} is {known} here, and {found} in {where}. A tag means one image for ever.',
    hint: 'Nothing was changed. Give the other image a tag of its own; what a registry has can be deployed by its digest, too (astern deploy sha256:…).',
  },
  REGISTRY_NEEDED: {
    exit: 2,
    http: 400,
    retryable: false,
    message: 'The image {image} names no registry, so none can be asked for it.',
    hint: 'Put the registry before its name (registry.example.com/shop/{image}; docker.io/USER/{image} on Docker Hub), or say `registry: none` in astern.yaml: then astern push carries it to the engine that runs it.',
  },
  REGISTRY_UNREACHABLE: {
    exit: 2,
    http: 502,
    retryable: true,
    message: 'The registry of {image} does not answer as it should: {reason}.',
    hint: 'Nothing was changed by that. Start the registry or log in to it (docker login), then try again.',
  },
  REGISTRY_DENIED: {
    exit: 2,
    http: 502,
    retryable: false,
    message: '{registry} does not let us {what}: {reason}.',
    hint: 'Log in as somebody who may: docker login {registry}.',
  },
  REGISTRY_LIES: {
    exit: 1,
    http: 502,
    retryable: false,
    message: '{registry} sent something else for {image} than was asked for: {reason}.',
    hint: 'Nothing of it was used. A proxy on the way may have changed it, or the registry is damaged.',
  },
  REGISTRY_KEEPS: {
    exit: 1,
    http: 502,
    retryable: false,
    message: '{registry} allows no deletion: {reason}.',
    hint: 'Allow it in the configuration of the registry (storage.delete.enabled), or let the registry itself clean up.',
  },
  CARRY_FAILED: {
    exit: 1,
    http: 502,
    retryable: true,
    message: 'The image {image} did not get from {from} to {to}: {reason}.',
    hint: 'Push it again: what is there already stays, and nothing takes the name before it is whole.',
  },
} as const satisfies Record<string, Entry>
