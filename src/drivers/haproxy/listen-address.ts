// Addresses where users connect, as the configuration has them: `127.0.0.1:8080`, `[::]:80`, `*:80`. Pure.

/** `[::]:80` → `::`, 80. `*` is every address. */
export function splitListen(listen: string): { readonly host: string; readonly port: number } {
  const at = listen.lastIndexOf(':')
  const host = listen.slice(0, at).replaceAll(/[[\]]/g, '')
  return { host: host === '*' || host === '' ? '0.0.0.0' : host, port: Number(listen.slice(at + 1)) }
}
