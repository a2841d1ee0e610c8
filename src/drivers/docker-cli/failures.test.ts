import { describe, expect, it } from 'vitest'
import { buildFailure, pushFailure } from './failures.ts'

const IMAGE = 'registry.test:5000/shop:v1'
const ENDPOINT = 'unix:///run/docker.sock'
const ofBuild = (...lines: string[]) => buildFailure(IMAGE, ENDPOINT, lines)
const ofPush = (...lines: string[]) => pushFailure(IMAGE, ENDPOINT, lines)

describe('a build that failed', () => {
  it.each([
    [
      'BuildKit',
      [
        '#7 ERROR: process "/bin/sh -c false" did not complete successfully: exit code: 1',
        '------',
        ' > [2/2] RUN false:',
        '------',
        'Dockerfile:2',
        '--------------------',
        '   1 |     FROM alpine:3.22',
        '   2 | >>> RUN false',
        '--------------------',
        'ERROR: failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1',
        '',
        'View build details: docker-desktop://dashboard/build/x',
      ],
      'failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1',
    ],
    [
      'the classic builder',
      ['Step 2/2 : RUN false', ' ---> Running in 05e4', "The command '/bin/sh -c false' returned a non-zero code: 1"],
      "The command '/bin/sh -c false' returned a non-zero code: 1",
    ],
    ['nobody', [], 'docker says nothing'],
  ])('says why in the words of %s', (_, lines, reason) => {
    expect(ofBuild(...lines)).toMatchObject({ code: 'BUILD_FAILED', details: { image: IMAGE, reason } })
  })

  it.each([
    'ERROR: failed to solve: write /out/app: no space left on device',
    'Error processing tar file(exit status 1): write /big: no space left on device',
    'failed to register layer: Disk quota exceeded',
  ])('for lack of room is a full disk: %s', (line) => expect(ofBuild(line, 'exit 1').code).toBe('DISK_FULL'))

  it.each([
    [
      'Cannot connect to the Docker daemon at unix:///run/docker.sock. Is the docker daemon running?',
      'ENGINE_UNAVAILABLE',
    ],
    ['error during connect: Get "https://x/_ping": EOF', 'ENGINE_UNAVAILABLE'],
    [
      'permission denied while trying to connect to the Docker daemon socket at unix:///run/docker.sock',
      'ENGINE_PERMISSION',
    ],
  ])('without an engine is told apart: %s', (line, code) => expect(ofBuild(line)).toMatchObject({ code }))
})

describe('a push that failed', () => {
  it.each([
    ['unauthorized: authentication required'],
    ['no basic auth credentials'],
    ['denied: requested access to the resource is denied'],
    ['denied: Your authorization token has expired. Reauthenticate and try again.'],
    ['error parsing HTTP 403 response body: insufficient_scope: authorization failed'],
  ])('for lack of a login is denied: %s', (line) =>
    expect(ofPush('The push refers to repository [registry.test:5000/shop]', line)).toMatchObject({
      code: 'REGISTRY_DENIED',
      details: { registry: 'registry.test:5000', reason: line },
    }),
  )

  it.each([
    ['Head "http://registry.test:5000/v2/shop/blobs/sha256:ab": EOF'],
    ['received unexpected HTTP status: 503 Service Unavailable'],
    ['dial tcp 127.0.0.1:5000: connect: connection refused'],
  ])('half-way can be tried again: %s', (reason) =>
    expect(ofPush('a69a: Preparing', reason)).toMatchObject({
      code: 'IMAGE_NOT_PUSHED',
      retryable: true,
      details: { reason },
    }),
  )

  it('knows an image that is not there', () => {
    expect(ofPush('An image does not exist locally with the tag: registry.test:5000/shop').code).toBe('IMAGE_NOT_FOUND')
  })
})
