import { describe, expect, it } from 'vitest'
import type { TrialPolicy } from '../core/trial.ts'
import { definitionsOf, problemsOf, serviceWith } from './config-world.ts'

const trialOf = (text: string, environment = 'prod'): TrialPolicy => {
  const definition = definitionsOf(text).find((one) => one.environment === environment)
  if (definition === undefined) throw new Error('no definition')
  return definition.trial
}
const trialWith = (...lines: string[]) => trialOf(serviceWith(...lines))
/** A file with this in its service, its environment, and its service in that environment. */
const layered = (service: string, environment: string, own: string): string =>
  [
    'services:',
    `  web: { image: web, port: 8080, ${service} }`,
    'environments:',
    `  prod: { listen: 127.0.0.1:80, ${environment}${environment === '' ? '' : ', '}services: { web: { ${own} } } }`,
  ].join('\n')

describe('a canary', () => {
  it.each([
    ['canary: off', []],
    ['canary: [5% 1m]', [[500, 60_000, 120_000]]],
    [
      'canary: ["0.5%   1m30s", 99.99% 500ms]',
      [
        [50, 90_000, 180_000],
        [9_999, 500, 10_000],
      ],
    ],
    ['canary: [5% 1m, 100%]', [[500, 60_000, 120_000]]],
    ['canary: { steps: [10% 2s, 100%] }', [[1_000, 2_000, 10_000]]],
    ['canary: [{ share: 5%, for: 1m, at_most: 1m, gate: auto }]', [[500, 60_000, 60_000]]],
  ])('with %s has these shares, lengths and limits', (line, steps) => {
    expect(trialWith(line).steps).toEqual(
      steps.map(([share, forMs, atMostMs]) => ({ share, forMs, atMostMs, manual: false })),
    )
  })

  it('keeps the default steps when only other things are said of it', () => {
    const said = trialWith('canary: { requests: 500, shield: false, sticky: { header: X-User } }')
    expect(said).toMatchObject({ leastRequests: 500, shield: false, sticky: { kind: 'header', name: 'X-User' } })
    expect(said.steps).toEqual(trialWith().steps)
    expect(said.steps.map(({ share }) => share)).toEqual([100, 500, 2_500])
  })

  it.each([
    [
      'canary: on',
      'canary: expected off, steps as in [1% 30s, 5% 1m], or a mapping with steps, requests, shield, sticky, got "on"',
    ],
    ['canary: 5%', 'canary: expected off, steps as in'],
    ['canary: []', 'canary: expected a step below 100%, as in 1% 30s, or canary: off'],
    ['canary: [100%]', 'canary: expected a step below 100%, as in 1% 30s, or canary: off'],
    ['canary: { steps: [] }', 'canary.steps: expected a step below 100%, as in 1% 30s, or canary: off'],
    ['canary: [5%]', 'canary[0]: expected a share and a length of time, as in 5% 1m, got "5%"'],
    ['canary: [1m 5%]', 'canary[0]: expected a share and a length of time, as in 5% 1m, got "1m 5%"'],
    ['canary: [5% 1m manual]', 'canary[0]: expected a share and a length of time, as in 5% 1m, got "5% 1m manual"'],
    [
      'canary: [5% 1]',
      'canary[0]: expected a length of time from 100ms to 7d behind the share, as in 5% 1m, got "5% 1"',
    ],
    [
      'canary: [5% 8d]',
      'canary[0]: expected a length of time from 100ms to 7d behind the share, as in 5% 1m, got "5% 8d"',
    ],
    ['canary: [0% 1m]', 'canary[0]: expected a share from 0.01% to 99.99%, got "0% 1m"'],
    ['canary: [101% 1m]', 'canary[0]: expected a share from 0.01% to 99.99%, got "101% 1m"'],
    [
      'canary: [5% 1m, 100% 5m]',
      'canary[1]: 100% comes after the last step and lasts; write it without a time, or not at all',
    ],
    ['canary: [100%, 5% 1m]', 'canary[0]: nothing comes after 100%; expected it at the end, or not at all'],
    ['canary: [5% 1m, 5% 1m]', 'canary[1]: expected a share above the 5% of the step before, got 5%'],
    [
      'canary: { steps: [25% 1m, 1% 1m] }',
      'canary.steps[1]: expected a share above the 25% of the step before, got 1%',
    ],
    [
      `canary: [${Array.from({ length: 21 }, (_, index) => `${index + 1}% 1m`).join(', ')}]`,
      'canary: expected 20 steps at most, got 21',
    ],
    ['canary: [{ share: 5% }]', 'canary[0].for: is missing; expected a length of time from 100ms to 7d'],
    [
      'canary: [{ for: 5m }]',
      'canary[0].share: is missing; expected a percentage from 0.01% to 99.99%, as in 1% or 0.5%',
    ],
    [
      'canary: [{ share: 5, for: 5m }]',
      'canary[0].share: expected a percentage from 0.01% to 99.99%, as in 1% or 0.5%, got 5',
    ],
    [
      'canary: [{ share: 100%, for: 5m }]',
      'canary[0].share: expected a percentage from 0.01% to 99.99%, as in 1% or 0.5%, got "100%"',
    ],
    [
      'canary: [{ share: 5%, for: 2m, at_most: 1m }]',
      'canary[0].at_most: expected a length of time of 2m at least, as long as for, got 1m',
    ],
    ['canary: [{ share: 5%, for: 2m, gate: hand }]', 'canary[0].gate: expected auto or manual, got "hand"'],
    ['canary: [{ share: 5%, for: 2m, gates: manual }]', 'canary[0].gates: unknown field; did you mean "gate"?'],
    ['canary: { requests: 0 }', 'canary.requests: expected an integer from 1 to 1000000, got 0'],
    ['canary: { shield: maybe }', 'canary.shield: expected true or false, got "maybe"'],
    ['canary: { sheild: true }', 'canary.sheild: unknown field; did you mean "shield"?'],
    ['canary: { sticky: cookie }', 'canary.sticky: expected off, { cookie: … } or { header: … }, got "cookie"'],
    ['canary: { sticky: {} }', 'canary.sticky: expected cookie or header'],
    ['canary: { sticky: { cookie: a, header: b } }', 'canary.sticky: expected either cookie or header, not both'],
    [
      'canary: { sticky: { cookie: "a b" } }',
      'canary.sticky.cookie: expected letters, digits and !&*+.^_|~-, 100 at most, in the name of a cookie, got "a b"',
    ],
    [
      'canary: { sticky: { header: "X-User:" } }',
      'canary.sticky.header: expected letters, digits and !&*+.^_|~-, 100 at most, in the name of a header, got "X-User:"',
    ],
  ])('is refused with %s', (line, problem) => {
    const found = problemsOf(serviceWith(line))
    expect(found).toEqual([expect.stringMatching(/^astern\.yaml:5:\d+ /)])
    expect(found[0]).toContain(` services.web.${problem}`)
  })

  it('is nothing for a service without a port, which may still say off', () => {
    const text = (canary: string) =>
      `services: { jobs: { image: jobs, processes: { worker: {} }${canary} } }\nenvironments: { prod: {} }`
    expect(problemsOf(text(', canary: [5% 1m]'))).toEqual([
      expect.stringContaining('services.jobs.canary: expected off: a service without a port gets no requests'),
    ])
    expect(problemsOf(text(', canary: off'))).toEqual([])
    expect(trialOf(text(''))).toMatchObject({ steps: [], bake: { forMs: 900_000, holdback: 0 } })
    const shared = text('').replace('prod: {}', 'prod: { canary: [5% 1m] }')
    expect(trialOf(shared).steps).toEqual([])
  })
})

describe('a bake', () => {
  it.each([
    ['bake: off', null],
    ['bake: 1h', { forMs: 3_600_000, holdback: 100 }],
    ['bake: { holdback: 0% }', { forMs: 900_000, holdback: 0 }],
    ['bake: { for: 5m, holdback: 49.99% }', { forMs: 300_000, holdback: 4_999 }],
  ])('with %s lasts and holds back so much', (line, bake) => expect(trialWith(line).bake).toEqual(bake))

  it.each([
    ['bake: soon', 'bake: expected off, or a length of time from 100ms to 30d, as in 500ms, 30s, 5m or 1h, got "soon"'],
    ['bake: 15', 'bake: expected off, a length of time as in 15m, or a mapping with for and holdback, got 15'],
    ['bake: { holdback: 50% }', 'bake.holdback: expected a percentage from 0% to 49.99%, as in 1% or 0.5%, got "50%"'],
    ['bake: { fro: 5m }', 'bake.fro: unknown field; did you mean "for"?'],
  ])('is refused with %s', (line, problem) => {
    expect(problemsOf(serviceWith(line))).toEqual([expect.stringContaining(` services.web.${problem}`)])
  })
})

describe('a failure', () => {
  it('is what the service declares to be one', () => {
    expect(trialWith('failure: { header: X-Failed, statuses: [429, 404], grpc: false }').failure).toEqual({
      header: 'X-Failed',
      statuses: [429, 404],
      grpc: false,
    })
  })

  it.each([
    ['failure: { statuses: [429, 404, 429] }', 'failure.statuses[2]: 429 is named twice'],
    [
      'failure: { statuses: [503] }',
      'failure.statuses[0]: expected a status from 200 to 499 (5xx is a failure in any case), got 503',
    ],
    ['failure: { statuses: 429 }', 'failure.statuses: expected a list, got 429'],
    [
      'failure: { header: "#X" }',
      'failure.header: expected letters, digits and !&*+.^_|~-, 100 at most, in the name of a header',
    ],
    ['failure: off', 'failure: expected a mapping, got "off"'],
  ])('is refused with %s', (line, problem) => {
    expect(problemsOf(serviceWith(line))).toEqual([expect.stringContaining(` services.web.${problem}`)])
  })
})

describe('a verdict', () => {
  it.each([
    ['alpha: 0.5', { alpha: 0.5 }],
    ['error_rate: 0.25%', { errorRate: 0.0025 }],
    ['latency: off', { latency: null }],
    ['latency: { shift: 150% }', { latency: { shift: 1.5, atLeastMs: 50 } }],
    ['latency: { at_least: 1s }', { latency: { shift: 0.2, atLeastMs: 1_000 } }],
    ['memory: false, undecided: go_back', { memory: false, undecided: 'go_back' }],
  ])('with %s is otherwise as when nothing is said', (line, said) => {
    expect(trialWith(`verdict: { ${line} }`).verdict).toEqual({ ...trialWith().verdict, ...said })
  })

  it.each([
    ['alpha: 0', 'alpha: expected a number from 0.000001 to 0.5, as in 0.001, got 0'],
    ['alpha: 0.51', 'alpha: expected a number from 0.000001 to 0.5, as in 0.001, got 0.51'],
    ['alpha: 0.1%', 'alpha: expected a number from 0.000001 to 0.5, as in 0.001, got "0.1%"'],
    ['error_rate: 0.01', 'error_rate: expected a percentage from 0% to 100%, as in 1% or 0.5%, got 0.01'],
    ['latency: 20%', 'latency: expected off, or a mapping with shift and at_least, got "20%"'],
    ['latency: { shift: 0.2 }', 'latency.shift: expected a percentage from 0% to 1000%, as in 1% or 0.5%, got 0.2'],
    ['undecided: wait', 'undecided: expected go_on or go_back, got "wait"'],
  ])('is refused with %s', (line, problem) => {
    expect(problemsOf(serviceWith(`verdict: { ${line} }`))).toEqual([
      expect.stringContaining(` services.web.verdict.${problem}`),
    ])
  })
})

describe('what an environment says anew', () => {
  it('wins over the service, and what it says of one service wins over both', () => {
    const service = 'canary: [1% 1m], bake: 1h, verdict: { alpha: 0.01, memory: false }'
    expect(trialOf(layered(service, '', '')).steps).toMatchObject([{ share: 100 }])
    const environment = 'canary: [2% 1m], bake: 2h, verdict: { alpha: 0.02 }, autopilot: ask, preview_from: ["::1"]'
    expect(trialOf(layered(service, environment, ''))).toMatchObject({
      steps: [{ share: 200 }],
      bake: { forMs: 7_200_000 },
      verdict: { alpha: 0.02, memory: false },
      autopilot: 'ask',
      previewFrom: ['::1/128'],
    })
    const own = 'canary: off, bake: off, verdict: { alpha: 0.03 }, autopilot: advise, preview_from: []'
    expect(trialOf(layered(service, environment, own))).toMatchObject({
      steps: [],
      bake: null,
      verdict: { alpha: 0.03, memory: false },
      autopilot: 'advise',
      previewFrom: [],
    })
  })

  it('leaves as it is what it does not speak of', () => {
    const service = 'canary: { steps: [1% 1m], shield: false, sticky: { cookie: a } }, bake: { for: 1h, holdback: 2% }'
    expect(trialOf(layered(service, 'canary: { requests: 7 }, bake: 5m', 'canary: [3% 1m]'))).toMatchObject({
      steps: [{ share: 300 }],
      leastRequests: 7,
      shield: false,
      sticky: { kind: 'cookie', name: 'a' },
      bake: { forMs: 300_000, holdback: 200 },
    })
    const plain = trialOf(layered(service, 'canary: { sticky: off }, bake: { holdback: 3% }', ''))
    expect(plain).toMatchObject({ sticky: null, bake: { forMs: 3_600_000, holdback: 300 } })
  })

  it('must say how, where the service says off', () => {
    expect(
      problemsOf(layered('canary: off, bake: off', 'canary: { requests: 7 }, bake: { holdback: 2% }', '')),
    ).toEqual([
      expect.stringMatching(
        /^astern\.yaml:4:33 environments\.prod\.canary\.steps: is missing, and elsewhere canary is off; expected steps/,
      ),
      expect.stringMatching(
        /^astern\.yaml:4:58 environments\.prod\.bake\.for: is missing, and elsewhere bake is off; expected a length/,
      ),
    ])
    expect(
      trialOf(layered('canary: off, bake: off', 'canary: { steps: [2% 1m] }, bake: { for: 2m }', '')),
    ).toMatchObject({ steps: [{ share: 200 }], bake: { forMs: 120_000, holdback: 100 } })
  })

  it.each([
    [
      'preview_from: [10.1.0.0/8]',
      'preview_from[0]: expected the first address of the network: 10.0.0.0/8, got "10.1.0.0/8"',
    ],
    [
      'preview_from: [lan]',
      'preview_from[0]: expected a network or an address, as in 10.0.0.0/8 or fd00::/8, got "lan"',
    ],
    ['preview_from: ["::1", "::1/128"]', 'preview_from[1]: ::1/128 is named twice'],
    ['autopilot: off', 'autopilot: expected advise, ask or act, got "off"'],
    ['canary: [5% 1m, 2% 1m]', 'canary[1]: expected a share above the 5% of the step before, got 2%'],
  ])('is refused with %s', (line, problem) => {
    const at = (path: string) => [expect.stringContaining(` environments.prod.${path}${problem}`)]
    expect(problemsOf(layered('', line, ''))).toEqual(at(''))
    expect(problemsOf(layered('', '', line))).toEqual(at('services.web.'))
  })
})

it('reports every problem of trials at once, with line and column', () => {
  const text = serviceWith(
    'canary: { steps: [5% 1m, 2% 1m], requests: none }',
    'bake: { for: long, holdback: 60% }',
    'failure: { statuses: [429, 429] }',
    'verdict: { alpha: 1, undecided: perhaps }',
    'signals: { Queue: { command: [q] }, api: { http: ftp://x } }',
  ).replace('listen:', 'preview_from: [x], listen:')
  expect(problemsOf(text).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'astern.yaml:5:30 services.web.canary.steps[1]:',
    'astern.yaml:5:48 services.web.canary.requests:',
    'astern.yaml:6:18 services.web.bake.for:',
    'astern.yaml:6:34 services.web.bake.holdback:',
    'astern.yaml:7:32 services.web.failure.statuses[1]:',
    'astern.yaml:8:23 services.web.verdict.alpha:',
    'astern.yaml:8:37 services.web.verdict.undecided:',
    'astern.yaml:9:16 services.web.signals.Queue:',
    'astern.yaml:9:54 services.web.signals.api.http:',
    'astern.yaml:10:40 environments.prod.preview_from[0]:',
  ])
})

describe('a key of trials in the wrong place', () => {
  it.each([
    ['steps: [5% 1m]', 'services.web.steps: unknown field here; it belongs under canary'],
    ['holdback: 1%', 'services.web.holdback: unknown field here; it belongs under bake'],
    ['alpha: 0.1', 'services.web.alpha: unknown field here; it belongs under verdict'],
    ['preview_from: []', 'services.web.preview_from: unknown field here; it belongs under environments'],
    ['autopilot: act', 'services.web.autopilot: unknown field here; it belongs under environments'],
    ['prometheus: http://x', 'services.web.prometheus: unknown field here; it belongs to a signal'],
    ['maxSurge: 1', 'services.web.maxSurge: unknown field; a new release starts in full beside the old one'],
    [
      'analysis: {}',
      'services.web.analysis: unknown field; did you mean "verdict", or for measurements of your own "signals"?',
    ],
    ['canary: { stepWeight: 5 }', 'services.web.canary.stepWeight: unknown field; each step of canary names its share'],
    ['canary: { maxWeight: 50 }', 'services.web.canary.maxWeight: unknown field; the share of the last step'],
    ['progressDeadline: 5m', 'services.web.progressDeadline: unknown field; did you mean "at_most" of a step'],
  ])('is told where it belongs: %s', (line, problem) => {
    expect(problemsOf(serviceWith(line))).toEqual([expect.stringContaining(` ${problem}`)])
  })
})
