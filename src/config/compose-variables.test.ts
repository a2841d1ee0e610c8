import { describe, expect, it } from 'vitest'
import type { ComposeWorld } from './config-world.ts'
import { composeDefinition, composeProblems, loadCompose } from './config-world.ts'

const secretsOf = (world: ComposeWorld): Record<string, string> =>
  Object.fromEntries(
    composeDefinition(world).secrets.map(({ name, source }) => [
      name,
      source.kind === 'env_file' ? source.path : source.kind,
    ]),
  )

describe('environment', () => {
  it('is taken from a mapping as compose writes it', () => {
    const compose = 'environment: { A: 1.10, B: yes, C: True, D: "", E: "$$x" }'
    expect(composeDefinition({ compose }).process.env).toEqual({ A: '1.1', B: 'yes', C: 'true', D: '', E: '$x' })
  })

  it('is taken from a list', () => {
    expect(composeDefinition({ compose: 'environment: [A=1, B=x=y, C=]' }).process.env).toEqual({
      A: '1',
      B: 'x=y',
      C: '',
    })
  })

  it.each([
    'environment: { KEY: "${KEY}" }',
    'environment: { KEY: }',
    'environment: ["KEY=${KEY:?}"]',
    'environment: [KEY]',
  ])('keeps a value of the .env beside the file out of the definition: %s', (compose) => {
    const world = { compose, files: { '/shop/.env': 'KEY=hunter2' } }
    expect(secretsOf(world)).toEqual({ KEY: '/shop/.env' })
    expect(JSON.stringify(loadCompose(world))).not.toContain('hunter2')
  })

  it.each([
    ['a variable of the .env beside the file', 'A: "pg://${X}@db"', { text: 'pg://${X}@db', variables: ['X'] }],
    ['one of this process that sounds confidential', 'A: "x-${PW}-${REGION}"', { variables: ['PW', 'REGION'] }],
    ['any, where the whole sounds so', 'DATABASE_URL: "pg://${REGION}"', { variables: ['REGION'] }],
    ['one that is passed on and sounds so', 'API_TOKEN:', { text: '${API_TOKEN}', variables: ['API_TOKEN'] }],
  ])('treats a text as a secret in which is filled in %s', (_, environment, source) => {
    const loaded = loadCompose({
      compose: `environment: { ${environment} }`,
      files: { '/shop/.env': 'X=hunter2' },
      variables: { PW: 'hunter2', API_TOKEN: 'hunter2', REGION: 'hunter2' },
    })
    expect(loaded.definition.process.env).toEqual({})
    expect(loaded.definition.secrets).toMatchObject([{ source: { kind: 'template', path: '/shop/.env', ...source } }])
    expect(JSON.stringify(loaded)).not.toContain('hunter2')
  })

  it('finds the text in a list as well', () => {
    const world = { compose: 'environment: ["DSN=pg://u:${PW}@db?a=b"]', variables: { PW: 'x' } }
    expect(composeDefinition(world).secrets).toMatchObject([{ name: 'DSN', source: { text: 'pg://u:${PW}@db?a=b' } }])
  })

  it('says when a value that was filled in is stored with the release', () => {
    const { definition, notes } = loadCompose({
      compose: 'environment: { WHERE: "${REGION}-1", HOME: , LEVEL: "${DEFAULTED:-info}" }',
      variables: { HOME: '/root', REGION: 'eu' },
    })
    expect(definition.process.env).toEqual({ WHERE: 'eu-1', HOME: '/root', LEVEL: 'info' })
    expect(notes['services.web.environment.WHERE']).toMatch(/^REGION is filled in and stored with each release/)
    expect(notes['services.web.environment.HOME']).toMatch(/^its value is that of this process/)
    expect(notes).not.toHaveProperty('services.web.environment.LEVEL')
  })

  it('says nothing of a value that astern.yaml gives itself', () => {
    const { definition, notes } = loadCompose({
      compose: 'environment: { DSN: "${PW}" }',
      astern: 'secrets: { DSN: { exec: [pass, dsn] } }',
      variables: { PW: 'x' },
    })
    expect(definition.process.env).toEqual({})
    expect(notes).not.toHaveProperty('services.web.environment.DSN')
  })

  it('leaves out what is passed on and not set', () => {
    const { definition, notes } = loadCompose({ compose: 'environment: [NOPE]' })
    expect(definition.process.env).toEqual({})
    expect(notes['services.web.environment[0]']).toBe('the variable NOPE is not set; it was left out')
  })

  it('wins over env_file, and astern.yaml over both', () => {
    const world = {
      compose: 'env_file: [a.env, { path: no.env, required: false }]\nenvironment: { B: compose, C: compose }',
      astern: 'env_file: own.env, env: { D: astern }',
      files: { '/shop/a.env': 'A=a\nB=a', '/shop/own.env': 'C=own\nD=own' },
    }
    expect(composeDefinition(world).process.env).toEqual({ B: 'compose', D: 'astern' })
    expect(secretsOf(world)).toEqual({ A: '/shop/a.env', C: '/shop/own.env' })
  })

  it('says where compose would fill in a variable in an env_file', () => {
    const { notes } = loadCompose({
      compose: 'env_file: a.env',
      files: { '/shop/a.env': `A=p$word\nB='p$word'\nC="$"` },
    })
    expect(notes['services.web.env_file']).toBe(
      '$ in the value of A is taken as it is; compose would fill in a variable there',
    )
  })

  it('needs its env_file', () => {
    expect(composeProblems({ compose: 'env_file: [no.env]' })).toEqual([
      'compose.yaml:5:16 services.web.env_file[0]: there is no file no.env',
    ])
  })
})
