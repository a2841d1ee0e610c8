#!/usr/bin/env bash
# haproxy-image.sh [TAG=haproxy:3.2] [SUITE=sid]: a HAProxy image out of Debian packages, for machines that reach no image registry.
# Builds TAG (starts as root, like the plain binary) and TAG-nonroot (USER haproxy, as the official image is).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=script/lib/shell.sh
. "$here/shell.sh"
# shellcheck source=script/lib/private-apt.sh
. "$here/private-apt.sh"

tag=${1:-haproxy:3.2} suite=${2:-sid}

need_busybox
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

fetch_closure "$tag" "$suite" "$work" haproxy
begin_root "$root"
mkdir -p "$root/var/lib/haproxy"
for package in "$work"/cache/archives/*.deb; do
  case ${package##*/} in
    haproxy_* | lib* | zlib1g_*) unpack "$package" "$root" --exclude='./usr/share/*' ;;
  esac
done
cp "$(find_busybox)" "$root/usr/bin/busybox"
ln -sf busybox "$root/usr/bin/sh"
printf 'root:x:0:0::/root:/bin/sh\nhaproxy:x:99:99::/var/lib/haproxy:/bin/false\n' >"$root/etc/passwd"
printf 'root:x:0:\nhaproxy:x:99:\n' >"$root/etc/group"

mkdir "$work/context" "$work/nonroot"
tar -C "$root" -cf "$work/context/root.tar" .
cat >"$work/context/Dockerfile" <<'D'
FROM scratch
ADD root.tar /
STOPSIGNAL SIGUSR1
ENTRYPOINT ["/usr/sbin/haproxy"]
CMD ["-W","-db","-f","/usr/local/etc/haproxy/haproxy.cfg"]
D
printf 'FROM %s\nUSER haproxy\n' "$tag" >"$work/nonroot/Dockerfile"
must "building the image $tag" docker build -q -t "$tag" "$work/context"
must "building the image $tag-nonroot" docker build -q -t "$tag-nonroot" "$work/nonroot"
docker run --rm --network none "$tag" -v | sed -n 1p
