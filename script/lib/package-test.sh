#!/usr/bin/env bash
# package-test.sh: packs the package, installs it elsewhere as a stranger would (`npm install -g`), and runs it from another folder,
# with a PATH on which neither this checkout nor its Node is found.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
# shellcheck source=script/lib/shell.sh
. script/lib/shell.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{pack,prefix,elsewhere,home}

tarball=$(npm pack --silent --pack-destination "$work/pack" | tail -n 1)
ok "packed $tarball ($(du -k "$work/pack/$tarball" | cut -f1) kB)"
listing=$(tar -tzf "$work/pack/$tarball")
for needed in package/bin/astern package/bin/docker-astern package/bin/docker-rollback package/dist/main.cjs package/deploy/ci/github/astern.yml package/LICENSE package/README.md package/package.json; do
  grep -qx "$needed" <<<"$listing" || die "The package lacks ${needed#package/}."
done
if grep -qE '^package/(src|test|bench|script|examples)/' <<<"$listing"; then die 'The package carries sources that only a checkout needs.'; fi

trust_system_authorities
npm install --global --prefix "$work/prefix" --no-audit --no-fund --loglevel=error "$work/pack/$tarball" >"$work/install.log" 2>&1 ||
  die 'npm install -g of the package failed:' "$(tail -n 20 "$work/install.log")"

cd "$work/elsewhere"
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$root/package.json")
stranger() { env -i HOME="$work/home" PATH=/usr/bin:/bin "$@"; }
ln -s "$work/prefix/bin/astern" "$work/elsewhere/another-name"
for command in "$work/prefix/bin/astern" "$work/elsewhere/another-name"; do
  printed=$(stranger "$command" --version)
  [[ $printed == *"$version"* ]] || die "$command --version prints \"$printed\", not $version."
  stranger "$command" --help | grep -q rollback || die "$command --help does not name rollback."
done
mkdir project && printf 'module example.com/shop\n' >project/go.mod
(cd project && stranger "$work/prefix/bin/astern" init --yes --ci github >/dev/null 2>&1) || die 'astern init of the installed package failed.'
[ -s project/.github/workflows/astern-rollback.yml ] || die 'astern init of the installed package finds no workflows.'
ok "astern $version installed and run from $work/elsewhere"

# In Docker's own command line, through links; what Docker asks of a plugin is answered without it as well.
stranger "$work/prefix/bin/astern" docker-plugin install >/dev/null
for plugin in docker-rollback docker-astern; do
  described=$(stranger "$work/home/.docker/cli-plugins/$plugin" docker-cli-plugin-metadata)
  [[ $described == *'"SchemaVersion":"0.1.0"'*"\"Version\":\"$version\""* ]] || die "$plugin describes itself as: $described"
done
printed=$(stranger "$work/home/.docker/cli-plugins/docker-astern" astern --version)
[[ $printed == *"$version"* ]] || die "docker-astern astern --version prints \"$printed\", not $version."
if docker=$(command -v docker); then
  stranger "$docker" rollback --help | grep -q -- --undo || die 'docker rollback --help does not name --undo.'
  stranger "$docker" help astern | grep -q rollback || die 'docker help astern does not name rollback.'
fi
ok 'docker rollback and docker astern installed and run'
