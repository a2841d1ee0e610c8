// What the containers of hooks and of reverts are called: the same whoever runs them, so that one who comes later finds it.
import type { Hook } from './model.ts'

/** `revert-5f8a7b9c` */
export function revertContainer(transactionId: string): string {
  return `revert-${transactionId.replace('tx-', '')}`
}

/** `hook-release-5f8a7b9c`, and `hook-release-2-5f8a7b9c` for the second of that name. */
export function hookContainer(transactionId: string, { name, place }: Pick<Hook, 'name' | 'place'>): string {
  const words = ['hook', name.replace('_', '-'), ...(place === 1 ? [] : [String(place)])]
  return [...words, transactionId.replace('tx-', '')].join('-')
}
