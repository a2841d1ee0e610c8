// What brings a container nearer to a level, one move at a time. Pure; every move is one call to the engine.
import type { Level } from '../../core/model.ts'
import type { ContainerSeen } from './container-seen.ts'

export type ContainerState = ContainerSeen['State']['Status'] | 'absent'
export type Move = 'create' | 'start' | 'unpause' | 'pause' | 'stop' | 'remove' | 'await_removed'

/** `created`: it exists, whatever it does. */
export type Goal = Level | 'created'

type Way = Readonly<Record<ContainerState, Move | null>>

/** A container that was half removed is of no use any more: whoever wants one gets a new one. */
const gone = { removing: 'await_removed', dead: 'remove' } as const

const ways: Readonly<Record<Goal, Way>> = {
  running: {
    absent: 'create',
    created: 'start',
    exited: 'start',
    paused: 'unpause',
    running: null,
    restarting: null,
    ...gone,
  },
  created: { absent: 'create', created: null, exited: null, paused: null, running: null, restarting: null, ...gone },
  frozen: {
    running: 'pause',
    // One that keeps crashing cannot be paused; a standby in that state is of no use, so it takes the next rung.
    restarting: 'stop',
    absent: null,
    created: null,
    exited: null,
    paused: null,
    removing: null,
    dead: null,
  },
  // A frozen program hears no signal, so it is thawed first.
  stopped: {
    running: 'stop',
    restarting: 'stop',
    paused: 'unpause',
    absent: null,
    created: null,
    exited: null,
    removing: null,
    dead: null,
  },
  absent: {
    running: 'stop',
    restarting: 'stop',
    paused: 'unpause',
    created: 'remove',
    exited: 'remove',
    absent: null,
    ...gone,
  },
}

/** Moves after which the goal is reached for sure, so that nobody has to look again. */
const lastMoves: Readonly<Record<Goal, readonly Move[]>> = {
  running: ['start', 'unpause'],
  created: ['create'],
  frozen: ['pause'],
  stopped: ['stop'],
  absent: ['remove'],
}

/** `null`: the goal is reached. */
export function moveTowards(goal: Goal, state: ContainerState): Move | null {
  return ways[goal][state]
}

export function isLastMove(goal: Goal, move: Move): boolean {
  return lastMoves[goal].includes(move)
}
