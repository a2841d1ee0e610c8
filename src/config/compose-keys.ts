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
  deploy: '`replicas` and `resources.limits`',
  scale: '`replicas`',
  mem_limit: '`memory`',
  cpus: '`cpus`',
  stop_signal: '`stop.signal`',
  stop_grace_period: '`stop.timeout`',
}

const BELONGS_IN_IMAGE = 'it belongs in the image'
const OWN_NETWORK = 'containers join the network of Astern'

export const COMPOSE_NOT_TAKEN: Readonly<Record<string, string>> = {
  build: 'images are built before they are deployed',
  configs: 'use volumes, or build it into the image',
  container_name: 'Astern names its containers itself',
  depends_on: 'other services of the file are not started',
  entrypoint: BELONGS_IN_IMAGE,
  user: BELONGS_IN_IMAGE,
  working_dir: BELONGS_IN_IMAGE,
  labels: 'containers bear the labels of Astern alone',
  logging: 'logs are kept by Docker, and rotate',
  network_mode: OWN_NETWORK,
  networks: OWN_NETWORK,
  pull_policy: 'an image is pulled when it is not on the host',
  restart: 'containers restart unless they were stopped',
  secrets: 'name them under `secrets` in astern.yaml',
}

/** For a key that is in neither list. */
export const COMPOSE_UNKNOWN = 'Astern has nothing of the kind'
