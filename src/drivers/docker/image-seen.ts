// What the engine says of an image.

/** Lengths of time are nanoseconds; 0 or missing means the engine's default. */
export type HealthcheckSeen = {
  readonly Test?: readonly string[]
  readonly Interval?: number
  readonly Timeout?: number
  readonly StartPeriod?: number
  readonly Retries?: number
}

export type ImageSeen = {
  readonly Id: string
  readonly RepoTags: readonly string[] | null
  readonly RepoDigests: readonly string[] | null
  readonly Config: {
    readonly Labels?: Readonly<Record<string, string>> | null
    readonly Healthcheck?: HealthcheckSeen | null
    readonly User?: string
    readonly Env?: readonly string[] | null
    readonly Cmd?: readonly string[] | null
    readonly Entrypoint?: readonly string[] | null
    readonly WorkingDir?: string
  } | null
}
