import { describe, expect, it } from 'vitest'
import { loadConfig } from './load-config.ts'
import { composeDefinition, composeProblems, loadCompose, memoryFiles } from './config-world.ts'

describe('which service', () => {
  const two = 'services: { web: { image: "a:1", expose: [1] }, api: { image: "b:2", expose: [2] } }'

  it.each([
    ['the one that is named', 'compose.yaml#api', 'b'],
    ['the one of the same name', 'compose.yaml', 'a'],
  ])('takes %s', (_, reference, image) => {
    const files = memoryFiles({
      '/shop/astern.yaml': `services: { web: { compose: "${reference}" } }\nenvironments: { prod: { listen: 127.0.0.1:80 } }`,
      '/shop/compose.yaml': two,
    })
    expect(loadConfig({ cwd: '/shop', files }).definitions[0]?.image).toBe(image)
  })

  it.each([
    ['compose.yaml#ap', 'there is no service "ap" in compose.yaml; did you mean "api"? (it has web, api)'],
    ['compose.yaml', 'which service is meant is not said in compose.yaml (it has web, api)'],
  ])('asks about %s', (reference, problem) => {
    const files = memoryFiles({
      '/shop/astern.yaml': `services: { shop: { compose: "${reference}" } }\nenvironments: { prod: { listen: 127.0.0.1:80 } }`,
      '/shop/compose.yaml': two,
    })
    expect(() => loadConfig({ cwd: '/shop', files })).toThrow(`services.shop.compose: ${problem}`)
  })

  it('reports a faulty compose file at its own place', () => {
    expect(composeProblems({ compose: 'services: [' })).toEqual([
      expect.stringMatching(/^compose\.yaml:1:12 Flow sequence/),
    ])
    expect(composeProblems({ compose: 'services: 5' })).toEqual([
      'compose.yaml:1:11 services: expected a mapping of services',
    ])
    expect(composeProblems({ compose: 'services: { web: }' })).toEqual([
      'compose.yaml:1:18 services.web: expected a mapping, got nothing',
    ])
  })

  it('refuses extends, since what it stands for would be lost', () => {
    expect(composeProblems({ compose: 'extends: { service: base }' })).toEqual([
      'compose.yaml:5:5 services.web.extends: extends is not followed; write the definition out',
    ])
  })

  it('follows anchors and merges', () => {
    const compose =
      'services:\n  base: &base { image: "shop:v1", command: [serve] }\n  web: { <<: *base, expose: [1] }\n'
    expect(composeDefinition({ compose })).toMatchObject({ image: 'shop', process: { command: ['serve'], port: 1 } })
  })
})

describe('variables in the file', () => {
  it('come from the environment, then from the .env beside it, then from their defaults', () => {
    const compose = 'services: { web: { image: "${R:-shop}:${T:-v9}", expose: ["${P}"] } }'
    const files = { '/shop/.env': 'T=v2\nP=2\n' }
    expect(composeDefinition({ compose, files, variables: { P: '3' } })).toMatchObject({
      image: 'shop',
      composeTag: 'v2',
      process: { port: 3 },
    })
  })

  it('are noted when they are not set, and a problem when they must be', () => {
    const { definition, notes } = loadCompose({ compose: 'command: [serve, "$NOPE"]' })
    expect(definition.process.command).toEqual(['serve', ''])
    expect(notes['services.web.command[1]']).toBe('the variable NOPE is not set; nothing was filled in')
    expect(composeProblems({ compose: 'command: "${NOPE:?name it}"' })).toEqual([
      'compose.yaml:5:14 services.web.command: the variable NOPE is not set: name it',
    ])
  })

  it('of other services do not matter', () => {
    const compose = 'services: { web: { image: "shop:v1", expose: [1] }, db: { image: "${NOPE:?x}" } }'
    expect(composeProblems({ compose })).toEqual([])
  })
})
