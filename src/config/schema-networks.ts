// `networks` and `extra_hosts` of astern.yaml: how a replica reaches what is not Astern's.
import { list, matching } from './schema-fields.ts'

export const NETWORK_PATTERN = /^[A-Za-z0-9][\w.-]*$/

export const networks = list(
  matching(NETWORK_PATTERN, 'the name of a network, as docker network ls shows it', { description: 'A network.' }),
  {
    description:
      'Networks of the host, by name, that replicas join beside the one of Astern, as that of a compose project with a database. They must exist when a replica starts. `[]` drops those of the compose file.',
    examples: [['shop_default']],
  },
)

export const extraHosts = list(
  matching(/^[\w.-]+:[\w.:-]+$/, 'a name with its address, as in db:10.0.0.5 or host:host-gateway', {
    description: 'A name and its address; `host-gateway` is this host.',
  }),
  { description: 'Lines for /etc/hosts in the container.', examples: [['db:10.0.0.5']] },
)
