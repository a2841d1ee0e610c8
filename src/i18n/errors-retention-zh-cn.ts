// Chinese texts of errors of retention (core/retention-errors.ts).
import type { retentionErrors } from '../core/retention-errors.ts'

export const retentionErrorsZhCn: Readonly<
  Record<keyof typeof retentionErrors, { readonly message: string; readonly hint: string }>
> = {
  ARCHIVE_BUSY: {
    message: '另一个进程正在更改 {folder} 中的镜像副本。',
    hint: '未做任何更改。请在其结束后重试。',
  },
  ARCHIVE_UNREADABLE: {
    message: '引擎导出的 {image} 不是可以保存的镜像：{reason}。',
    hint: '没有保存副本，镜像本身未受影响。请推送到镜像仓库，避免只存在于本机。',
  },
  ARCHIVE_DAMAGED: {
    message: '一个镜像副本已损坏：{path}：{reason}。',
    hint: '其内容未被使用。请检查磁盘；若镜像仍在本机或镜像仓库中，删除该文件后会重新保存副本。',
  },
  LOAD_FAILED: {
    message: '引擎无法导入镜像：{reason}。',
    hint: '若引擎的磁盘已满，请先腾出空间：astern prune、docker system df。',
  },
  PRUNED: {
    message: '{release} 的镜像已于 {date} 被保留策略删除，不再有任何副本。',
    hint: '请重新构建并部署该版本。需要保留的版本请固定：astern pin RELEASE --name WHY',
  },
}
