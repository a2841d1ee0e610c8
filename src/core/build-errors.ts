// Errors of building and pushing images. Part of the catalogue (error-catalogue.ts).
import type { Entry } from './error-entry.ts'

export const buildErrors = {
  DOCKERFILE_MISSING: {
    exit: 2,
    http: 400,
    retryable: false,
    message: 'There is no {path} to build {service} from.',
    hint: 'Write one (astern init does), or name it in astern.yaml: build: { context, dockerfile }.',
  },
  TAG_IMPOSSIBLE: {
    exit: 2,
    http: 400,
    retryable: false,
    message: 'The template {template} makes no tag: {problem}.',
    hint: 'Use another one with --tag, or build.tag in astern.yaml.',
  },
  TAG_UNKNOWN: {
    exit: 2,
    http: 404,
    retryable: false,
    message: '{tag} was not built here for {service} in {environment}. Built here: {known}.',
    hint: 'astern build makes one.',
  },
  NOTHING_BUILT: {
    exit: 2,
    http: 404,
    retryable: false,
    message: 'Nothing was built here for {service} in {environment}.',
    hint: 'astern build makes an image, and its tag.',
  },
  TAG_IS_POINTER: {
    exit: 2,
    http: 400,
    retryable: false,
    message: '{tag} is a pointer: it names another image tomorrow, so it is never what a release is made of.',
    hint: 'Name the tag that it stands for: {instead}',
  },
  BUILDER_MISSING: {
    exit: 1,
    http: 502,
    retryable: false,
    message: 'There is no program docker on the PATH, and images are built and pushed by it.',
    hint: "Install Docker's command line (docker-ce-cli, or docker.io).",
  },
  BUILD_FAILED: {
    exit: 1,
    http: 500,
    retryable: false,
    message: '{image} was not built: {reason}',
    hint: 'No tag was made or moved. The lines above say more; astern build --check reads the Dockerfile.',
  },
  IMAGE_NOT_PUSHED: {
    exit: 1,
    http: 502,
    retryable: true,
    message: '{image} was not pushed: {reason}',
    hint: 'No pointer was moved. astern push again goes on where it stopped: layers that arrived are not sent twice.',
  },
  WORK_STOPPED: {
    exit: 1,
    http: 500,
    retryable: true,
    message: 'Interrupted. What was half done has no name and is recorded nowhere.',
    hint: 'Run it again when you are ready.',
  },
} as const satisfies Record<string, Entry>
