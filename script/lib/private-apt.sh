# shellcheck shell=bash
# An apt view of another Debian suite, for images out of packages: with its own lists and an empty dpkg status, so that the host's packages and lists
# are not touched, and apt resolves whole closures: there is no list of libraries to keep up. Sourced after shell.sh, never run.

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The host's own mirror, whatever it is.
host_mirror() {
  local codename
  codename=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
  # shellcheck disable=SC2016  # apt expands it
  apt-get indextargets --format '$(REPO_URI)' "Codename: $codename" 'Created-By: Packages' | sed -n 1p
}

# open_suite WHAT SUITE FOLDER: the view, in FOLDER; apt-get with its options is then in private_apt. WHAT is what the packages are for.
open_suite() {
  local what=$1 suite=$2 folder=$3 mirror distribution
  distribution=$(. /etc/os-release && printf '%s' "$ID")
  if [ "$distribution" != debian ] || [ ! -r "$debian_keyring" ]; then
    die "$what can be had from packages only on Debian." "Make it available some other way."
  fi
  mirror=$(host_mirror)
  if [ -z "$mirror" ]; then
    apt_refresh
    mirror=$(host_mirror)
  fi
  [ -n "$mirror" ] || die 'apt names no mirror for this release of Debian.'
  mkdir -p "$folder"/{lists,cache/archives}/partial "$folder"/{parts,prefs}
  : >"$folder/status"
  printf 'deb [signed-by=%s] %s %s main\n' "$debian_keyring" "$mirror" "$suite" >"$folder/sources.list"
  private_apt=(apt-get -q -y -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts="$folder/parts"
    -o Dir::Etc::preferencesparts="$folder/prefs" -o Dir::State::lists="$folder/lists" -o Dir::State::status="$folder/status"
    -o Dir::Cache="$folder/cache" -o APT::Sandbox::User=root -o APT::Get::List-Cleanup=0 -o Acquire::Languages=none
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false -o Debug::NoLocking=1 --no-install-recommends)
  must "reading the package lists of $suite" "${private_apt[@]}" update
}

# fetch_closure TAG SUITE FOLDER PACKAGE: the package and all it needs, as FOLDER/cache/archives/*.deb; TAG is the image that they are for.
fetch_closure() {
  local tag=$1 suite=$2 folder=$3 package=$4
  open_suite "The image $tag" "$suite" "$folder"
  must "fetching $package and its libraries" "${private_apt[@]}" --download-only install "$package"
}

# unpack DEB ROOT TAR_OPTION...
unpack() {
  local deb=$1 root=$2
  shift 2
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink "$@"
}

# begin_root ROOT: the folders of a machine, and a shell.
begin_root() {
  local folder root=$1
  mkdir -p "$root"/{usr/bin,usr/sbin,usr/lib,usr/lib64,etc,tmp,run}
  chmod 1777 "$root/tmp"
  for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
}
