// What a way of running HAProxy has to offer.

/** One way to run it. */
export interface ProxyHost {
  /** Null when it can be had this way, else why not. Takes its time: an image may be pulled. */
  obstacle(onProgress: (text: string) => void): Promise<string | null>
  start(): Promise<void>
  /** What it printed, once it has ended although it was started; null while it runs. */
  lastWords(): Promise<string | null>
  /** Requests in flight may end within `graceMs`; then it is killed. */
  stop(graceMs: number): Promise<void>
}
