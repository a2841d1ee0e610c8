// What is taken from a service of a compose file, and why the rest is not. Notes and docs/configuration.md come from here.

export const COMPOSE_TAKEN: Readonly<Record<string, string>> = {
  image: 'repository, and the tag for a deploy without one; never `latest`, never the digest',
  command: 'a text is split into words, without a shell',
  environment: 'variables are filled in from the environment of `astern` and from the `.env` beside the file',
  env_file: 'only names are read; values are treated as secrets',
  ports: 'fixed host ports, unless `listen` has the same one; also `port`, where they name a single one',
  expose: '`port`, where it names a single one',
  volumes: 'under the name that compose gives them on the host; bind mounts begin at the compose file',
  healthcheck: 'a `curl` or `wget` of a path on localhost becomes `health`, with its timeout, retries and patience',
  deploy:
    '`replicas`, `resources.limits`, and of `update_config` the `order`; a deploy that fails goes back in any case',
  scale: '`replicas`',
  mem_limit: '`memory`',
  cpus: '`cpus`',
  stop_signal: '`stop.signal`',
  stop_grace_period: '`stop.timeout`',
  networks:
    'replicas join them, beside the network of Astern, under the names that compose gives them on the host; they must exist when a replica starts',
  depends_on:
    'its services are left to compose; where `networks` says nothing, the default network of the project is joined if it is there, and a deploy warns when one does not run',
  links: 'as `depends_on`, without their aliases',
  extra_hosts: '`extra_hosts`, `host-gateway` too',
  secrets: 'as files in /run/secrets, from `file` or `environment`',
  entrypoint: 'a text is split into words, without a shell',
  user: 'as it is',
  working_dir: 'as it is',
  init: 'as it is',
  read_only: 'as it is',
  tmpfs: 'as it is',
  shm_size: 'as it is',
  cap_add: 'as it is',
  cap_drop: 'as it is',
  security_opt: 'as it is',
  ulimits: 'as it is',
}

export const COMPOSE_NOT_TAKEN: Readonly<Record<string, string>> = {
  build: '`astern build` builds as `build` in astern.yaml says',
  configs: 'use volumes, or build it into the image',
  container_name: 'Astern names its containers itself',
  labels: 'containers bear the labels of Astern alone',
  logging: 'logs are kept by Docker, and rotate',
  network_mode: 'containers join the network of Astern',
  pull_policy: 'an image is pulled when it is not on the host',
  restart: 'containers restart unless they were stopped',
  privileged: 'a service behind a proxy needs no power over the host; name what it needs under `cap_add`',
  profiles: 'a service that astern.yaml names is deployed',
}

/** Keys of `deploy`. */
export const DEPLOY_NOT_TAKEN: Readonly<Record<string, string>> = {
  mode: 'how many run is `replicas`',
  rollback_config: 'a rollback moves all traffic at once, and has a proof of its own',
  restart_policy: 'containers restart unless they were stopped',
  placement: 'there is one host',
  endpoint_mode: 'the proxy is in front',
  labels: 'containers bear the labels of Astern alone',
}

/** For a key that is in neither list. */
export const COMPOSE_UNKNOWN = 'Astern has nothing of the kind'
