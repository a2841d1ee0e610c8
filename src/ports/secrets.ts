// Reads the value of a secret from where its reference points.
import type { SecretReference } from '../core/model.ts'
import type { Secret } from '../core/secret.ts'

export interface Secrets {
  /** Error: SECRET_UNAVAILABLE, never with the value in it. */
  resolve(reference: SecretReference, signal?: AbortSignal): Promise<Secret>
}
