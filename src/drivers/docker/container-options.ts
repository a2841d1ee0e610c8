// Settings of a container that are said as compose files say them, in the engine's words. Pure.
import type { ContainerOptions } from '../../core/model.ts'

export function containerOptions(options: ContainerOptions = {}): { readonly top: object; readonly host: object } {
  const { entrypoint, user, workingDir, init, readOnly, tmpfs, shmBytes, capAdd, capDrop, securityOpt } = options
  const { ulimits, extraHosts } = options
  return {
    top: said({ Entrypoint: entrypoint, User: user, WorkingDir: workingDir }),
    host: said({
      Init: init,
      ReadonlyRootfs: readOnly,
      Tmpfs: tmpfs === undefined ? undefined : Object.fromEntries(tmpfs.map(targetAndOptions)),
      ShmSize: shmBytes,
      CapAdd: capAdd,
      CapDrop: capDrop,
      SecurityOpt: securityOpt,
      Ulimits: ulimits?.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
      ExtraHosts: extraHosts,
    }),
  }
}

/** `/run:size=64m` */
function targetAndOptions(text: string): [target: string, options: string] {
  const colon = text.indexOf(':')
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)]
}

function said(settings: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}
