import { describe, expect, it } from 'vitest'
import { moveTowards, type ContainerState, type Goal, type Move } from './moves.ts'

const states = ['absent', 'created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const
const goals = ['running', 'created', 'frozen', 'stopped', 'absent'] as const

/** What an engine makes of a move. */
const after: Record<Move, ContainerState> = {
  create: 'created',
  start: 'running',
  unpause: 'running',
  pause: 'paused',
  stop: 'exited',
  remove: 'absent',
  await_removed: 'absent',
}

function walk(goal: Goal, from: ContainerState): { moves: Move[]; end: ContainerState } {
  const moves: Move[] = []
  let state = from
  for (let move = moveTowards(goal, state); move !== null; move = moveTowards(goal, state)) {
    moves.push(move)
    if (moves.length > 4) throw new Error(`${from} → ${goal}: ${moves.join(', ')} …`)
    state = after[move]
  }
  return { moves, end: state }
}

describe('the moves of a container', () => {
  const ends: Record<Goal, readonly ContainerState[]> = {
    running: ['running', 'restarting'],
    created: ['created', 'running', 'paused', 'restarting', 'exited'],
    frozen: ['paused', 'absent', 'created', 'exited', 'removing', 'dead'],
    stopped: ['absent', 'created', 'exited', 'removing', 'dead'],
    absent: ['absent'],
  }
  it.each(goals.flatMap((goal) => states.map((state) => [goal, state] as const)))(
    'lead to %s from %s',
    (goal, state) => {
      expect(ends[goal]).toContain(walk(goal, state).end)
    },
  )
  it('never create or start anything on the way down', () => {
    for (const goal of ['frozen', 'stopped', 'absent'] as const) {
      for (const state of states) expect(walk(goal, state).moves).not.toContain('create')
      for (const state of states) expect(walk(goal, state).moves).not.toContain('start')
    }
  })
  it('thaw before they stop, since a frozen program hears no signal', () => {
    expect(walk('absent', 'paused').moves).toEqual(['unpause', 'stop', 'remove'])
  })
  it('pause only what runs', () => {
    expect(states.filter((state) => moveTowards('frozen', state) === 'pause')).toEqual(['running'])
  })
  it('make anew what is half removed', () => {
    expect(walk('running', 'dead').moves).toEqual(['remove', 'create', 'start'])
    expect(walk('running', 'removing').moves).toEqual(['await_removed', 'create', 'start'])
  })
})
