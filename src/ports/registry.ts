// Where images are pushed to and pulled from. A repository is named as in references: `registry.example.com/shop/gin-shop`; one that names no registry
// is refused by every call with REGISTRY_NEEDED. What every call may throw: that, REGISTRY_UNREACHABLE, REGISTRY_DENIED and REGISTRY_LIES.

/** What a tag or digest stands for. */
export type ManifestSeen = {
  /** `sha256:…` of the manifest, as it was computed here from what was sent. */
  readonly digest: string
  readonly mediaType: string
  /** The image ID; `null`: an index of several platforms. */
  readonly configDigest: string | null
  /** Compressed, layers and configuration together; `null`: an index, which does not say. */
  readonly sizeBytes: number | null
  /** Of an index, one for each platform (`linux/arm64`, `linux/arm/v7`), attestations left out; each resolves by its digest. Else empty. */
  readonly platforms: readonly { readonly platform: string; readonly digest: string }[]
}

export interface Registry {
  /** What `reference` (a tag, or a digest) stands for now; `null`: the repository, or that in it, does not exist. */
  resolve(repository: string, reference: string, signal?: AbortSignal): Promise<ManifestSeen | null>
  /** Every tag, in the registry's order, page by page. A repository that does not exist has none. */
  tags(repository: string, signal?: AbortSignal): AsyncIterable<readonly string[]>
  /** Lets a tag stand for a manifest that the repository has, without moving a layer. Error: IMAGE_NOT_FOUND. */
  point(repository: string, tag: string, digest: string, signal?: AbortSignal): Promise<void>
  /** Deletes a manifest, and with it every tag that stands for it. What is not there is deleted already. Error: REGISTRY_KEEPS (it allows no deletion). */
  remove(repository: string, digest: string, signal?: AbortSignal): Promise<void>
}
