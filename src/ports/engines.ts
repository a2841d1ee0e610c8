// Container engines that images travel between where no registry stands between them. An engine is named as for `docker -H`: `ssh://deploy@shop.example.com`,
// `unix:///run/docker.sock`, `tcp://…`; `null` is the one that the user's Docker environment names (DOCKER_HOST, else the context).

export type ImageThere = {
  /** The image ID. */
  readonly configDigest: string
  /** Uncompressed. */
  readonly sizeBytes: number
}

/** Error of every call: ENGINE_UNAVAILABLE. */
export interface Engines {
  /** The image that a reference or an image ID stands for on that engine; `null`: it has none. */
  image(engine: string | null, reference: string, signal?: AbortSignal): Promise<ImageThere | null>
  /** Streams an image, by its ID and without a name, from one engine into another; `onBytes` hears how many have passed. Error: CARRY_FAILED. */
  stream(
    configDigest: string,
    way: { readonly from: string | null; readonly to: string | null },
    onBytes: (bytes: number) => void,
    signal?: AbortSignal,
  ): Promise<void>
  /** Gives an image that the engine has a name. Error: CARRY_FAILED. */
  tag(engine: string | null, configDigest: string, reference: string, signal?: AbortSignal): Promise<void>
}
