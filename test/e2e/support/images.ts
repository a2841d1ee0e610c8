// Images that are deployed in these tests: a tiny service whose environment switches what it does, and the Gin shop of the examples in a good and
// a bad version. Each is built once; what a test deploys is a name of its own for one of them.
import { join } from 'node:path'
import { buildProbeImage } from '../../fixtures/probe-app.ts'
import { output, run } from './command.ts'

const SHOP = join(import.meta.dirname, '../../../examples/gin-shop')
/** The first build compiles Gin. */
const BUILD_LIMIT_MS = 400_000

/** Arguments as the example's Makefile gives them, so that the builder's cache serves both. */
const SHOP_VERSIONS = {
  good: ['--build-arg', 'VERSION=v1.0.0'],
  bad: ['--build-arg', 'VERSION=v1.1.0', '--build-arg', 'FAULTS=fail=24%'],
} as const

let probe: Promise<string> | null = null
const shops = new Map<keyof typeof SHOP_VERSIONS, Promise<string>>()

/** ID of test/fixtures/probe-app's image. `GET /env` answers with the environment, so that a release is known by its variables. */
export function probeImage(): Promise<string> {
  return (probe ??= buildProbeImage().then(({ configDigest }) => configDigest))
}

/** ID of the Gin shop's image: `good` is v1.0.0, `bad` is v1.1.0 and fails 24 % of its requests. */
export function shopImage(version: keyof typeof SHOP_VERSIONS): Promise<string> {
  const known = shops.get(version)
  if (known !== undefined) return known
  const built = buildShop(version)
  shops.set(version, built)
  return built
}

async function buildShop(version: keyof typeof SHOP_VERSIONS): Promise<string> {
  const tag = `astern-e2e-shop:${version}`
  const built = await run(['docker', 'build', ...SHOP_VERSIONS[version], '--tag', tag, SHOP], {
    limitMs: BUILD_LIMIT_MS,
  })
  if (built.code !== 0) throw new Error(`docker build of ${SHOP} failed:\n${built.stdout}\n${built.stderr}`)
  return output(['docker', 'image', 'inspect', '--format', '{{.Id}}', tag])
}
