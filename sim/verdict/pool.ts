// Threads that share the jobs. Results come in the order of the jobs, however many threads there are.
import { Worker } from 'node:worker_threads'
import type { Job, Result } from './jobs.ts'

export async function runAll(jobs: readonly Job[], threads: number, done: (count: number) => void): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  let finished = 0
  const work = async () => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url))
    try {
      while (next < jobs.length) {
        const place = next++
        results[place] = await ask(worker, jobs[place]!)
        done(++finished)
      }
    } finally {
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({ length: threads }, work))
  return results
}

function ask(worker: Worker, job: Job): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  worker.once('message', resolve)
  worker.once('error', reject)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows, this is a thread
  worker.postMessage(job)
  return promise.finally(() => worker.removeListener('error', reject).removeListener('message', resolve))
}
