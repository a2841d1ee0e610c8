#!/usr/bin/env bash
# go-program.sh PACKAGE@VERSION FOLDER IMAGE [TAGS]: builds a program into FOLDER with the host's Go, or with the one inside IMAGE (golang).
set -euo pipefail
package=$1 folder=$2 image=$3 tags=${4:-}

new_enough() {
  local go_version
  go_version=$("$1" env GOVERSION 2>/dev/null) && [[ $go_version =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 24))
}
if go=$(PATH=$PATH:/usr/local/go/bin command -v go) && new_enough "$go"; then
  GOBIN=$folder CGO_ENABLED=0 "$go" install -tags "$tags" "$package"
else
  # as this user, so that the file is not root's; the caches live and die with the container
  docker run --rm --user "$(id -u):$(id -g)" -e HOME=/tmp -e GOPATH=/tmp/go -e GOCACHE=/tmp/cache -e GOBIN=/out -e CGO_ENABLED=0 \
    ${GOPROXY:+-e GOPROXY} -v "$folder:/out" "$image" go install -tags "$tags" "$package"
fi
