export type Engine = { readonly prefix: readonly string[]; readonly host: string }
