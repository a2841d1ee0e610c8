// What a benchmark has made and must take away, whatever happens: newest first, each part although another one fails.

export type Cleanup = {
  /** Notes how to undo something, before or right after it is made. Returns how to do so now, once. */
  add(what: string, undo: () => Promise<void> | void): () => Promise<void>
  /** Undoes all that is left. Returns what could not be undone, and why. */
  run(): Promise<readonly string[]>
}

type Item = { readonly what: string; readonly undo: () => Promise<void> | void }

export function createCleanup(): Cleanup {
  const items: Item[] = []
  return {
    add(what, undo) {
      const item = { what, undo }
      items.push(item)
      return async () => {
        const at = items.indexOf(item)
        if (at < 0) return
        items.splice(at, 1)
        await undo()
      }
    },
    async run() {
      const failures: string[] = []
      for (let item = items.pop(); item !== undefined; item = items.pop()) {
        try {
          await item.undo()
        } catch (error) {
          failures.push(`${item.what}: ${error instanceof Error ? error.message : String(error)}`)
        }
      }
      return failures
    },
  }
}
