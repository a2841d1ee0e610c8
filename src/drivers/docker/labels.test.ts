import { describe, expect, it } from 'vitest'
import type { ReplicaSpec } from '../../ports/runtime.ts'
import { areOf, containerName, labelsOf, readLabels } from './labels.ts'

const replica = {
  service: 'gin-shop',
  environment: 'prod',
  name: 'r41-1',
  release: 41,
  process: 'web',
  transactionId: 'tx-5f8a7b9c',
} as ReplicaSpec

describe('the labels of a replica', () => {
  it('can be read back', () => {
    const { service, environment, name, release, process, transactionId } = replica
    const read = { installation: 'abc', service, environment, name, release, process, transactionId }
    expect(readLabels(labelsOf('abc', replica))).toEqual(read)
  })
  it('are not taken for those of a proxy, which has an installation alone', () => {
    expect(readLabels({ 'astern.installation': 'abc' })).toBeNull()
    expect(readLabels({ ...labelsOf('abc', replica), 'astern.release': 'latest' })).toBeNull()
  })
  it('tell apart what a name cannot', () => {
    const other = { ...replica, service: 'gin', environment: 'shop-prod' }
    expect(containerName('abc', other)).toBe(containerName('abc', replica))
    expect(areOf(labelsOf('abc', replica), 'abc', replica)).toBe(true)
    expect(areOf(labelsOf('abc', replica), 'abc', other)).toBe(false)
    expect(areOf(labelsOf('abc', replica), 'xyz', replica)).toBe(false)
    expect(areOf({}, 'abc', replica)).toBe(false)
  })
})
