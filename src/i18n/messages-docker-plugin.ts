// What the CLI says of standing in Docker's own command line.
import type { Text } from './text.ts'

export const dockerPluginMessages = {
  docker_option_refused: {
    en: "docker's {option} cannot be passed on. Say it with DOCKER_CERT_PATH, or with a context: docker --context NAME …",
    'zh-CN': 'docker 的 {option} 无法传递。请使用 DOCKER_CERT_PATH，或使用上下文：docker --context NAME …',
  },
  docker_plugin_action: { en: 'install|uninstall: got "{value}".', 'zh-CN': 'install|uninstall：实为 "{value}"。' },
  docker_plugin_linked: { en: 'linked', 'zh-CN': '已链接' },
  docker_plugin_would_link: { en: 'would be linked', 'zh-CN': '将会链接' },
  docker_plugin_kept: { en: 'was there', 'zh-CN': '已存在' },
  docker_plugin_removed: { en: 'removed', 'zh-CN': '已移除' },
  docker_plugin_would_remove: { en: 'would be removed', 'zh-CN': '将会移除' },
  docker_plugin_absent: { en: 'was not there', 'zh-CN': '不存在' },
  docker_plugin_left: { en: "not Astern's", 'zh-CN': '不属于 Astern' },
  docker_plugin_try: {
    en: 'docker rollback · docker astern status',
    'zh-CN': 'docker rollback · docker astern status',
  },
  doctor_docker_plugin_broken: {
    en: '{path} leads to {target}, which is not there',
    'zh-CN': '{path} 指向不存在的 {target}',
  },
  doctor_docker_plugin_hint: {
    en: 'astern docker-plugin install links it anew, astern docker-plugin uninstall takes it away (with --system where it is for all users).',
    'zh-CN':
      '运行 astern docker-plugin install 重新链接，或 astern docker-plugin uninstall 移除（为所有用户安装的加 --system）。',
  },
} as const satisfies Readonly<Record<string, Text>>
