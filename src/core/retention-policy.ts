// What a configuration file says of how long releases are kept. Which ones these are is decided in retention.ts.

/** Of a service in an environment. */
export type RetentionPolicy = {
  /** So many good releases stay, those that served last. */
  readonly releases: number
  /** One that has not served for so long goes although there are no more than that. */
  readonly forMs: number
  /** So many good ones stay however old they are. */
  readonly atLeast: number
  /** Failed releases, those rolled back from, and tags that were built and never deployed go after this. */
  readonly unusedForMs: number
  /** Their tags in the registry go as well. */
  readonly registry: boolean
  /** Of which releases a copy of the image is kept here: `auto` of those that no registry has, `all` of all that are kept. */
  readonly archive: 'auto' | 'all' | 'off'
  /** Free disk, of 10,000 parts, below which only what a rollback needs is kept. */
  readonly diskLow: number
  /** It happens by itself. */
  readonly automatic: boolean
}

const DAY_MS = 86_400_000

/** What holds where nothing was said, as for a service that was defined before there was retention. */
export const PLAIN_RETENTION: RetentionPolicy = {
  releases: 20,
  forMs: 90 * DAY_MS,
  atLeast: 3,
  unusedForMs: 14 * DAY_MS,
  registry: false,
  archive: 'auto',
  diskLow: 1_000,
  automatic: true,
}
