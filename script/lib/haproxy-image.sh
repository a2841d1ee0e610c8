#!/usr/bin/env bash
# haproxy-image.sh [TAG=haproxy:3.2] [SUITE=sid]: a HAProxy image out of Debian packages, for machines that reach no image registry.
# Works in a private apt view with its own lists and an empty dpkg status: the host's packages and lists are not touched.
# Builds TAG (starts as root, like the plain binary) and TAG-nonroot (USER haproxy, as the official image is).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=script/lib/shell.sh
. "$here/shell.sh"

tag=${1:-haproxy:3.2} suite=${2:-sid}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

distribution=$(. /etc/os-release && printf '%s' "$ID")
if [ "$distribution" != debian ] || [ ! -r "$keyring" ]; then
  die "The image $tag can be built from packages only on Debian." "Make it available some other way: docker pull $tag, or docker load."
fi
need_busybox

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

# The host's own mirror, whatever it is; an apt view of SUITE on it.
host_mirror() {
  local codename
  codename=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
  # shellcheck disable=SC2016  # apt expands it
  apt-get indextargets --format '$(REPO_URI)' "Codename: $codename" 'Created-By: Packages' | sed -n 1p
}
mirror=$(host_mirror)
if [ -z "$mirror" ]; then
  apt_refresh
  mirror=$(host_mirror)
fi
[ -n "$mirror" ] || die 'apt names no mirror for this release of Debian.'
mkdir -p "$work"/{lists,cache/archives}/partial "$work"/{parts,prefs}
: >"$work/status"
printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$mirror" "$suite" >"$work/sources.list"
private_apt=(apt-get -q -y -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts="$work/parts" -o Dir::Etc::preferencesparts="$work/prefs"
  -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root
  -o APT::Get::List-Cleanup=0 -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
  -o Debug::NoLocking=1 --no-install-recommends)
must "reading the package lists of $suite" "${private_apt[@]}" update
# apt resolves the whole closure against an empty status: no list of libraries to keep up
must 'fetching haproxy and its libraries' "${private_apt[@]}" --download-only install haproxy

mkdir -p "$root"/{usr/bin,usr/sbin,usr/lib,usr/lib64,etc,tmp,run,var/lib/haproxy}
chmod 1777 "$root/tmp"
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
for package in "$work"/cache/archives/*.deb; do
  case ${package##*/} in
    haproxy_* | lib* | zlib1g_*) dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink --exclude='./usr/share/*' ;;
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
