// A thread of the simulation: takes a job, answers with its result.
import { parentPort } from 'node:worker_threads'
import { type Job, run } from './jobs.ts'

const port = parentPort
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows, this is a thread
port?.on('message', (job: Job) => port.postMessage(run(job)))
