#!/usr/bin/env bash
# base-images.sh IMAGE...: local stand-ins for golang:1.26 and alpine:3.22, so that a multi-stage Dockerfile builds where no image
# registry answers. golang:1.26 is the host's Go 1.26 on a busybox; where the host has another Go, or none, that toolchain comes from the Go
# module proxy, checked against Go's checksum database.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=script/lib/shell.sh
. "$here/shell.sh"

series=1.26 exact=1.26.8
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

need_busybox
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

find_go() { PATH=$PATH:/usr/local/go/bin:/usr/lib/go/bin command -v go; }
machine() { case $(uname -m) in x86_64) printf amd64 ;; aarch64) printf arm64 ;; *) die "No Go toolchain is known for $(uname -m)." ;; esac; }

# A module zip keeps no execute bits and holds no go.mod of another module: Go's own switch puts both right, and so does this.
fetch_toolchain() {
  local module
  module=golang.org/toolchain@v0.0.1-go$exact.linux-$(machine)
  mkdir "$work/scratch"
  cd "$work/scratch"
  printf 'module scratch\n' >go.mod
  GOFLAGS=-mod=mod GOMODCACHE=$work/mod GOTOOLCHAIN=local "$1" mod download "$module"
  mv "$work/mod/$module" "$work/toolchain"
  cd "$work/toolchain"
  chmod -R u+w,a+rX .
  chmod -R a+x bin pkg/tool
  find src -name _go.mod -execdir mv _go.mod go.mod \;
}

# Sets go_root to a Go of the series.
find_toolchain() {
  local go
  if go=$(find_go) && [[ $(GOTOOLCHAIN=local "$go" env GOVERSION) == go$series* ]]; then
    go_root=$(GOTOOLCHAIN=local "$go" env GOROOT)
    return 0
  fi
  if ! go=$(find_go); then
    install_packages "Go (to fetch Go $series)" 'golang-go ca-certificates' golang go
    go=$(find_go) || die 'Go was installed, but there is no go command.'
  fi
  must "fetching Go $exact from the Go module proxy" fetch_toolchain "$go"
  go_root=$work/toolchain
}

build_alpine() {
  local applet
  mkdir -p "$1"/{bin,sbin,usr/bin,usr/sbin,usr/local/bin,etc/ssl/certs,tmp,root,home,var/run,proc,sys,dev}
  chmod 1777 "$1/tmp"
  cp "$(find_busybox)" "$1/bin/busybox"
  for applet in $("$1/bin/busybox" --list); do
    [ "$applet" = busybox ] || ln -s /bin/busybox "$1/bin/$applet"
  done
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$1/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' >"$1/etc/group"
  # the host's own authorities, so that TLS to a module proxy works inside as it does outside
  for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
    if [ -r "$bundle" ]; then
      cp "$bundle" "$1/etc/ssl/certs/ca-certificates.crt"
      break
    fi
  done
}
import_alpine() { tar -C "$work/alpine" -c . | docker import --change 'CMD ["/bin/sh"]' --change "ENV PATH=$path" - alpine:3.22; }
import_golang() {
  tar -C "$work/alpine" -cf "$work/go.tar" .
  tar -C "$go_root" --dereference --transform 's,^\.,usr/local/go,' --exclude=./test --exclude=./api --exclude=./doc -rf "$work/go.tar" .
  docker import --change "ENV PATH=/go/bin:/usr/local/go/bin:$path" --change 'ENV GOPATH=/go' --change 'ENV GOTOOLCHAIN=local' \
    --change 'ENV CGO_ENABLED=0' --change 'WORKDIR /go' "$work/go.tar" "golang:$series"
}

build_alpine "$work/alpine"
for image in "$@"; do
  case $image in
    alpine:3.22)
      must "importing $image (busybox)" import_alpine
      ;;
    "golang:$series")
      find_toolchain
      must "importing $image ($go_root)" import_golang
      ;;
    *) die "There is no stand-in for $image." ;;
  esac
done
