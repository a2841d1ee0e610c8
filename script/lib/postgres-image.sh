#!/usr/bin/env bash
# postgres-image.sh [TAG=postgres:17] [SUITE=trixie]: a PostgreSQL image out of Debian packages, for machines that reach no image registry.
# It is told what to do as the official one is: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, POSTGRES_HOST_AUTH_METHOD, options as arguments.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=script/lib/shell.sh
. "$here/shell.sh"
# shellcheck source=script/lib/private-apt.sh
. "$here/private-apt.sh"

tag=${1:-postgres:17} suite=${2:-trixie}
version=${tag##*:}

need_busybox
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

fetch_closure "$tag" "$suite" "$work" "postgresql-$version"
begin_root "$root"
mkdir -p "$root/var/lib/postgresql/data" "$root/var/run/postgresql"
for package in "$work"/cache/archives/*.deb; do
  case ${package##*/} in
    # only for compiling queries, procedures in Perl, and Debian's own way to manage clusters
    libllvm* | libz3* | libperl* | *-perl_* | postgresql-*common*) ;;
    postgresql-* | lib* | zlib1g_* | tzdata_*)
      unpack "$package" "$root" --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale' \
        --exclude='./usr/lib/postgresql/*/lib/bitcode'
      ;;
  esac
done
cp "$(find_busybox)" "$root/usr/bin/busybox"
for applet in sh rm chown; do ln -sf busybox "$root/usr/bin/$applet"; done
printf 'root:x:0:0::/root:/bin/sh\npostgres:x:999:999::/var/lib/postgresql:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\npostgres:x:999:\n' >"$root/etc/group"

cat >"$root/usr/bin/docker-entrypoint.sh" <<'S'
#!/bin/sh
# A cluster at the first start, then the server.
set -eu
user=${POSTGRES_USER:-postgres} method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "$method" != trust ]; then
    echo 'POSTGRES_PASSWORD is not set' >&2
    exit 1
  fi
  printf '%s\n' "${POSTGRES_PASSWORD:-unused}" >/tmp/password
  initdb --username="$user" --pwfile=/tmp/password --auth=trust --encoding=UTF8 --no-locale --set=listen_addresses='*' --set=jit=off
  rm /tmp/password
  printf 'host all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
  database=${POSTGRES_DB:-$user}
  [ "$database" = postgres ] || printf 'CREATE DATABASE "%s"\n' "$database" | postgres --single -j postgres
fi
exec "$@"
S
chmod +x "$root/usr/bin/docker-entrypoint.sh"

mkdir "$work/context"
tar -C "$root" --owner=0 --group=0 --numeric-owner -cf "$work/context/root.tar" .
cat >"$work/context/Dockerfile" <<D
FROM scratch
ADD root.tar /
RUN chown -R postgres:postgres /var/lib/postgresql /var/run/postgresql
ENV PATH=/usr/lib/postgresql/$version/bin:/usr/sbin:/usr/bin PGDATA=/var/lib/postgresql/data
VOLUME /var/lib/postgresql/data
USER postgres
EXPOSE 5432
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
D
must "building the image $tag" docker build -q -t "$tag" "$work/context"
docker run --rm --network none --entrypoint postgres "$tag" --version
