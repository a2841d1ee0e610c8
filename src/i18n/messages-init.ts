// What `astern init` says: what it found, what it writes and why, what it asks.
import type { Text } from './text.ts'

export const initMessages = {
  init_found: { en: 'found', 'zh-CN': '识别结果' },
  init_assumed: { en: 'assumed, nothing says it', 'zh-CN': '未找到，取默认值' },
  init_found_language: { en: 'language', 'zh-CN': '语言' },
  init_found_framework: { en: 'framework', 'zh-CN': '框架' },
  init_found_main: { en: 'program', 'zh-CN': '程序' },
  init_found_port: { en: 'port', 'zh-CN': '端口' },
  init_found_health: { en: 'health', 'zh-CN': '健康检查' },
  init_found_database: { en: 'database', 'zh-CN': '数据库' },
  init_found_compose: { en: 'compose', 'zh-CN': 'compose 服务' },
  init_found_ci: { en: 'CI', 'zh-CN': 'CI 系统' },
  init_files: { en: 'files', 'zh-CN': '文件' },
  init_written: { en: 'new', 'zh-CN': '新建' },
  init_kept: { en: 'stays', 'zh-CN': '保留' },
  init_differs: { en: 'yours differs and stays', 'zh-CN': '与您的不同，保留您的' },
  init_why_dockerfile: { en: 'the image: several stages, not root', 'zh-CN': '镜像：多阶段构建，非 root 用户' },
  init_why_dockerignore: { en: 'what an image is not made of', 'zh-CN': '镜像不包含的文件' },
  init_why_config: { en: 'services and environments', 'zh-CN': '服务与环境' },
  init_why_schema: { en: 'lets editors help with astern.yaml', 'zh-CN': '供编辑器校验和补全 astern.yaml' },
  init_why_compose: { en: 'for work on it, with PostgreSQL', 'zh-CN': '本地开发，含 PostgreSQL' },
  init_why_env_example: { en: 'what .env is copied from', 'zh-CN': '.env 的模板' },
  init_why_gitignore: { en: 'secrets are not committed', 'zh-CN': '不提交密钥' },
  init_why_ci: { en: 'build → push → verify → deploy', 'zh-CN': '构建 → 推送 → 验证 → 部署' },
  init_why_ci_rollback: { en: 'roll back with one click', 'zh-CN': '一键回滚' },
  init_why_ci_include: { en: 'includes .gitlab/astern.yml', 'zh-CN': '引入 .gitlab/astern.yml' },
  init_why_yours: { en: 'yours', 'zh-CN': '您的文件' },
  init_schema_differs: {
    en: '{path} comes from another version of Astern. Remove it, and astern init writes the one of this version.',
    'zh-CN': '{path} 来自另一个版本的 Astern。删除后，astern init 会写入当前版本的文件。',
  },
  init_next: { en: 'next', 'zh-CN': '接下来' },
  init_noop: { en: 'every file is there already', 'zh-CN': '所有文件都已存在' },
  init_would: { en: 'write {count} files; nothing was written', 'zh-CN': '写入 {count} 个文件；未做任何更改' },
  init_left: { en: 'Left without an answer; nothing was written.', 'zh-CN': '未回答，未写入任何文件。' },
  init_answer_invalid: { en: 'Expected {expected}, got "{value}".', 'zh-CN': '应为 {expected}，实为 "{value}"。' },
  init_ask_service: { en: 'Name of the service', 'zh-CN': '服务名称' },
  init_ask_image: { en: 'Repository of its image', 'zh-CN': '镜像名称' },
  init_ask_port: { en: 'Port in its container', 'zh-CN': '容器内端口' },
  init_ask_health: { en: 'Health path, or tcp', 'zh-CN': '健康检查路径，或 tcp' },
  init_ask_environments: { en: 'Environments', 'zh-CN': '环境' },
  init_ask_listen: { en: 'Where users of {environment} connect', 'zh-CN': '{environment} 的用户访问地址' },
  init_ask_ci: { en: 'CI ({known})', 'zh-CN': 'CI 系统（{known}）' },
  init_ask_database: {
    en: 'A compose file with PostgreSQL for local work (y, n)',
    'zh-CN': '本地开发用的 compose 文件，含 PostgreSQL（y, n）',
  },
  init_ask_main: { en: 'Which program ({known})', 'zh-CN': '哪个程序（{known}）' },
  init_ask_write: { en: 'Write {count} files (y, n)', 'zh-CN': '写入 {count} 个文件（y, n）' },
  init_note_loopback: {
    en: '{file}:{line} listens on {address}, which nobody outside its container can reach. Listen on the port alone, as in ":8080".',
    'zh-CN': '{file}:{line} 监听 {address}，容器外无法访问。请只写端口，例如 ":8080"。',
  },
  init_note_port_guessed: {
    en: 'Nothing in the source says which port it listens on; {port} is assumed. astern init --port names another one.',
    'zh-CN': '源码中没有说明监听端口，假定为 {port}。可用 astern init --port 指定。',
  },
  init_note_ports_several: {
    en: 'The source names several ports; {chosen} was taken, not {others}.',
    'zh-CN': '源码中有多个端口，取 {chosen}，未取 {others}。',
  },
  init_note_health_prefix: {
    en: '{file}:{line} has a route {path}, but what stands in front of it is not known here; health is a TCP connect until astern.yaml says more.',
    'zh-CN': '{file}:{line} 有路由 {path}，但其前缀未知；在 astern.yaml 中写明之前，健康检查为 TCP 连接。',
  },
  init_note_mains_several: {
    en: 'There are several programs ({all}); the image runs {chosen}. astern init --main names another one.',
    'zh-CN': '有多个程序（{all}）；镜像运行 {chosen}。可用 astern init --main 指定。',
  },
  init_note_replace_outside: {
    en: 'go.mod replaces a module by {path}, outside of this folder: the image cannot be built from here alone.',
    'zh-CN': 'go.mod 用本目录之外的 {path} 替换了模块：无法仅凭本目录构建镜像。',
  },
  init_note_cgo: {
    en: 'It needs cgo, so it is built on Alpine, with a C compiler.',
    'zh-CN': '需要 cgo，因此在 Alpine 上用 C 编译器构建。',
  },
  init_note_modules_several: {
    en: '{file} names several modules; look at the Dockerfile before you build.',
    'zh-CN': '{file} 包含多个模块；构建前请检查 Dockerfile。',
  },
  init_note_start_unknown: {
    en: 'package.json has no start script; the image runs {command}.',
    'zh-CN': 'package.json 没有 start 脚本；镜像运行 {command}。',
  },
  init_note_management_port: {
    en: 'The actuator answers on another port ({port}); health is a TCP connect until astern.yaml says more.',
    'zh-CN': 'actuator 使用另一个端口（{port}）；在 astern.yaml 中写明之前，健康检查为 TCP 连接。',
  },
  init_note_no_git: {
    en: 'This is no git repository: versions come from its history.',
    'zh-CN': '这里不是 git 仓库：版本号取自 git 历史。',
  },
  init_note_not_all_read: {
    en: 'The project is large; not all of it was looked at.',
    'zh-CN': '项目较大，未全部检查。',
  },
  init_note_compose_unusable: {
    en: 'The service is not taken from {file}: {problems}',
    'zh-CN': '未从 {file} 取得服务定义：{problems}',
  },
  init_note_no_check: {
    en: 'How to check the image is not known: write `checks` into astern.yaml before you run astern verify.',
    'zh-CN': '不知道如何检查该镜像：运行 astern verify 之前，请在 astern.yaml 中写明 `checks`。',
  },
  init_note_dockerfile_port: {
    en: 'The Dockerfile has no EXPOSE; port {port} is assumed. astern init --port names another one.',
    'zh-CN': 'Dockerfile 没有 EXPOSE，假定端口为 {port}。可用 astern init --port 指定。',
  },
} as const satisfies Readonly<Record<string, Text>>
