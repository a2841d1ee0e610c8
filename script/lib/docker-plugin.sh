#!/usr/bin/env bash
# docker-plugin.sh FOLDER PACKAGE [SUITE=trixie]: plugins of the Docker CLI out of a Debian package, as FOLDER/cli-plugins/*, for a machine that has
# none and shall have none: whoever sets DOCKER_CONFIG=FOLDER has them. Debian calls the packages docker-compose and docker-buildx.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=script/lib/shell.sh
. "$here/shell.sh"
# shellcheck source=script/lib/private-apt.sh
. "$here/private-apt.sh"

folder=$1 package=$2 suite=${3:-trixie}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

open_suite "$package" "$suite" "$work"
cd "$work"
must "fetching $package" "${private_apt[@]}" download "$package"
mkdir -p "$folder/cli-plugins" root
for deb in "$work/$package"_*.deb; do unpack "$deb" root; done
# By rename, so that two test runs that meet here both find whole programs.
for plugin in root/usr/libexec/docker/cli-plugins/*; do
  cp "$plugin" "$folder/cli-plugins/.${plugin##*/}.$$"
  mv "$folder/cli-plugins/.${plugin##*/}.$$" "$folder/cli-plugins/${plugin##*/}"
done
