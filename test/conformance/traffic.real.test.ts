// The traffic suite against a real HAProxy: as an image that starts as root, as one that does not, and as the oldest version that will do.
import { afterAll, beforeAll, describe } from 'vitest'
import { docker, startProxy, type ProxyUnderTest } from './haproxy-world.ts'
import { isTraffic } from './traffic.ts'
import { isTried } from './traffic-trials.ts'
import { survivesTrouble } from './traffic-trouble.ts'

const images = (await docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', 'haproxy')).split('\n')

describe.each([
  { image: 'haproxy:3.2', optional: false },
  { image: 'haproxy:3.2-nonroot', optional: false },
  { image: 'haproxy:3.0', optional: true },
])('$image', ({ image, optional }) => {
  describe.skipIf(optional && !images.includes(image))('as a proxy', () => {
    let proxy: ProxyUnderTest
    beforeAll(async () => {
      proxy = await startProxy(image)
    })
    afterAll(async () => {
      await proxy.close()
    })
    describe('that serves', () => {
      isTraffic(() => proxy.open())
    })
    describe('in trouble', () => {
      survivesTrouble(() => proxy.open())
    })
    describe('on which releases are tried', () => {
      isTried(() => proxy.open())
    })
  })
})
