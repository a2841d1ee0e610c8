import { describe, expect, it } from 'vitest'
import { startedWith } from './docker-words.ts'

const nothing = { env: {}, refused: null }

function rollback(...words: string[]) {
  const { argv, env, refused } = startedWith(['docker-cli-plugin', 'rollback', ...words])
  return { argv, env, refused }
}

function astern(...words: string[]) {
  return startedWith(['docker-cli-plugin', 'astern', ...words]).argv
}

describe('what Docker tells a plugin', () => {
  it('is nothing where it was not Docker who started us', () => {
    const argv = ['rollback', '--to', 'r1']
    expect(startedWith(argv)).toEqual({ ...nothing, argv, byDocker: false })
  })

  it('is its own name and our words', () => {
    expect(rollback('rollback', '--to', 'r41')).toEqual({ ...nothing, argv: ['rollback', '--to', 'r41'] })
    expect(rollback('rollback')).toEqual({ ...nothing, argv: ['rollback'] })
    expect(astern('astern', 'status', '--json')).toEqual(['status', '--json'])
    expect(astern('astern')).toEqual([])
    expect(astern('astern', 'run', 'r41', '--', 'docker', 'astern')).toEqual(['run', 'r41', '--', 'docker', 'astern'])
  })

  it('begins with options of Docker, which say where its engine is', () => {
    const argv = ['rollback', '-c', 'ours.yaml']
    const forms = [['--context', 'far'], ['--context=far'], ['-c', 'far'], ['-cfar'], ['-c=far']]
    for (const form of forms) {
      expect(rollback(...form, 'rollback', '-c', 'ours.yaml')).toEqual({
        argv,
        env: { DOCKER_CONTEXT: 'far', DOCKER_HOST: '' },
        refused: null,
      })
    }
    expect(
      rollback('-H', 'tcp://10.0.0.1:2376', '--tlsverify', '-D', '-l', 'warn', '--config=/etc/d', 'rollback'),
    ).toEqual({
      argv: ['rollback'],
      env: { DOCKER_HOST: 'tcp://10.0.0.1:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CONFIG: '/etc/d' },
      refused: null,
    })
  })

  it('may be an option that cannot be passed on', () => {
    expect(rollback('--tlscert', '/x/cert.pem', 'rollback').refused).toBe('--tlscert')
    expect(rollback('--tlscacert=/x/ca.pem', 'rollback').refused).toBe('--tlscacert')
  })

  it('is a question for help, in each of its forms', () => {
    expect(rollback('rollback', '--help').argv).toEqual(['rollback', '--help'])
    expect(rollback('help', 'rollback').argv).toEqual(['help', 'rollback'])
    expect(rollback('--help', 'rollback').argv).toEqual(['help', 'rollback'])
    expect(astern('help', 'astern')).toEqual(['help'])
    expect(astern('help', 'astern', 'status')).toEqual(['help', 'status'])
    expect(astern('astern', 'help', 'status')).toEqual(['help', 'status'])
  })

  it('is a question for completion', () => {
    expect(rollback('__complete', 'rollback', '--to', '').argv).toEqual([
      'docker-complete',
      '--',
      'rollback',
      '--to',
      '',
    ])
    expect(astern('__completeNoDesc', 'astern', 'sta')).toEqual(['docker-complete', '--', 'sta'])
  })
})
