// What the container of a hook is called: the same whoever runs the hook, so that one who comes later finds it.
import type { Hook } from './model.ts'

/** `hook-release-5f8a7b9c`, and `hook-release-2-5f8a7b9c` for the second of that name. */
export function hookContainer(transactionId: string, { name, place }: Pick<Hook, 'name' | 'place'>): string {
  const words = ['hook', name.replace('_', '-'), ...(place === 1 ? [] : [String(place)])]
  return [...words, transactionId.replace('tx-', '')].join('-')
}
