// Whether an astern.yaml that is not written yet would load, with the compose file that it names.
import { join } from 'node:path'
import { filesOnDisk } from '../../config/files.ts'
import { loadConfig } from '../../config/load-config.ts'
import { isAsternError } from '../../core/errors.ts'
import { asternYaml } from '../../core/init/config-files.ts'
import type { Choices } from '../../core/init/plan-init.ts'
import type { Context } from '../context.ts'

/** One problem a line; none when it is fine. */
export function configProblems(context: Pick<Context, 'cwd' | 'env'>, choices: Choices): string[] {
  const path = join(context.cwd, 'astern.yaml')
  const files = {
    ...filesOnDisk,
    read: (file: string) => (file === path ? asternYaml(choices) : filesOnDisk.read(file)),
    isFile: (file: string) => file === path || filesOnDisk.isFile(file),
    realPath: (file: string) => (file === path ? file : filesOnDisk.realPath(file)),
  }
  try {
    loadConfig({ cwd: context.cwd, path, files, variables: context.env })
    return []
  } catch (error) {
    if (!isAsternError(error, 'CONFIG_INVALID')) throw error
    return String(error.details['problems']).split('\n')
  }
}
