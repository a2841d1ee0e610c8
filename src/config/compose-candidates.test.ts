import { describe, expect, it } from 'vitest'
import { chooseCandidate, composeCandidates } from './compose-candidates.ts'

const COMPOSE = `x-app: &app { build: . }
services:
  worker: { <<: *app }
  web:
    <<: *app
    ports: ["127.0.0.1:80:8080/tcp", { target: 9090 }]
    healthcheck: { test: [CMD, "true"] }
  db: { image: registry.example.com/postgres:17, expose: [5432] }
`

describe('services of a compose file', () => {
  it('are told by what they are built from and where they listen', () => {
    expect(composeCandidates(COMPOSE)).toEqual([
      { name: 'worker', builds: true, image: null, ports: [], hasHealthcheck: false },
      { name: 'web', builds: true, image: null, ports: [8080, 9090], hasHealthcheck: true },
      { name: 'db', builds: false, image: 'registry.example.com/postgres:17', ports: [5432], hasHealthcheck: false },
    ])
  })

  it('are chosen by name, else by who is built here and listens', () => {
    const all = composeCandidates(COMPOSE)
    expect(chooseCandidate(all, 'worker')?.name).toBe('worker')
    expect(chooseCandidate(all, 'shop')?.name).toBe('web')
    expect(chooseCandidate(composeCandidates('services: { db: { image: x } }'), 'db')).toBeNull()
  })

  it('are none where the file cannot be read', () => {
    for (const text of ['a: [', 'services: 3', '', 'services: { a: null }']) expect(composeCandidates(text)).toEqual([])
  })
})
