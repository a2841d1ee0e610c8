# shellcheck shell=bash
# What the shell scripts here share: one-line messages with times, root rights, packages. Sourced, never run.
# Long work is never silent: its output goes to a log, a sign of life comes every 15 seconds, and a failure shows the log's end.

say() { printf '%s\n' "$*"; }
ok() { printf '✓ %s\n' "$*"; }
warn() { printf '! %s\n' "$*" >&2; }
die() {
  printf '✗ %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

now_ms() { local t=${EPOCHREALTIME/[.,]/}; printf '%s' "${t%???}"; }
since() { # since START_MS: "0.8 s", "74 s"
  local ms=$(($(now_ms) - $1))
  if ((ms < 10000)); then printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100)); else printf '%d s' $((ms / 1000)); fi
}

# try WHAT COMMAND...: runs it with a sign of life; prints how long it took. Returns 1 quietly on failure; its log is then in $try_log.
try() {
  local what=$1 start pid waited=0 status=0
  shift
  start=$(now_ms)
  try_log=$(mktemp "${TMPDIR:-/tmp}/astern-setup.XXXXXX")
  say "… $what"
  "$@" >"$try_log" 2>&1 </dev/null &
  pid=$!
  trap 'kill "$pid" 2>/dev/null || true; rm -f "$try_log"; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.1
    waited=$((waited + 1))
    if ((waited % 150 == 0)); then say "  still at it ($(since "$start")): $(tail -n 1 "$try_log" | cut -c1-100)"; fi
  done
  wait "$pid" || status=$?
  trap - INT TERM
  if ((status == 0)); then
    rm -f "$try_log"
    ok "$what ($(since "$start"))"
    return 0
  fi
  return 1
}

# must WHAT COMMAND...: like try, but a failure shows the end of the log and ends the script.
must() {
  if ! try "$@"; then
    tail -n 25 "$try_log" | sed 's/^/    /' >&2
    rm -f "$try_log"
    die "$1 failed (the end of its output is above)"
  fi
}

is_root() { [ "$(id -u)" = 0 ]; }
as_root() {
  if is_root; then
    "$@"
  elif have sudo; then
    # without a terminal sudo must not wait for a password
    if [ -t 0 ] || [ -e /dev/tty ] && [ -z "${CI:-}" ] && [ -t 2 ]; then sudo "$@"; else sudo -n "$@"; fi
  else
    return 126
  fi
}
# need_root WHY: root is at hand (a password is asked once, now, not in the middle of something), or the script ends with what to do.
need_root() {
  is_root && return 0
  have sudo || die "$1 needs root, and there is no sudo here." "Run this as root once, or install it yourself."
  if [ -t 0 ]; then sudo -v || die "$1 needs root."; else
    sudo -n true 2>/dev/null || die "$1 needs root, and sudo asks for a password but there is no terminal." "Run this as root, or on a terminal."
  fi
}

# npm trusts only the authorities that it was built with; the machine's own (a company's proxy, say) are trusted by all else here.
trust_system_authorities() {
  local bundle
  [ -z "${NODE_EXTRA_CA_CERTS:-}" ] || return 0
  for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
    if [ -r "$bundle" ]; then
      export NODE_EXTRA_CA_CERTS=$bundle
      return 0
    fi
  done
}

package_manager() {
  local m
  for m in apt-get dnf apk; do
    if have "$m"; then
      printf '%s' "$m"
      return 0
    fi
  done
  return 1
}
# apt-get update once per run, and only when something has to be installed: the lists may be older than the mirror.
apt_updated=
apt_refresh() {
  [ -n "$apt_updated" ] && return 0
  must 'apt-get update' as_root apt-get -q update
  apt_updated=yes
}
# install_packages WHAT APT_NAMES DNF_NAMES APK_NAMES: "" where a manager has none of it.
install_packages() {
  local what=$1 manager names
  manager=$(package_manager) || die "$what is needed, and none of apt-get, dnf, apk is here." "Install it yourself, then run this again."
  case $manager in
    apt-get) names=$2 ;;
    dnf) names=$3 ;;
    *) names=$4 ;;
  esac
  [ -n "$names" ] || die "$what is needed, and this script does not know its $manager package." "Install it yourself, then run this again."
  need_root "Installing $what"
  # shellcheck disable=SC2086  # a list of names
  case $manager in
    apt-get)
      apt_refresh
      must "apt-get install $names" as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $names
      ;;
    dnf) must "dnf install $names" as_root dnf -y install $names ;;
    apk) must "apk add $names" as_root apk add $names ;;
  esac
}

# A static busybox: the only kind that runs in an image without libraries.
find_busybox() {
  local path
  for path in /bin/busybox /usr/bin/busybox /bin/busybox.static; do
    if [ -x "$path" ] && ! ldd "$path" >/dev/null 2>&1; then
      printf '%s' "$path"
      return 0
    fi
  done
  return 1
}
need_busybox() { find_busybox >/dev/null || install_packages 'busybox (the shell in the images)' busybox-static busybox busybox-static; }

# confirm QUESTION: asks on a terminal; without one, or with CI set, the answer is yes.
confirm() {
  local answer
  if [ -n "${CI:-}" ] || [ ! -t 0 ] || [ ! -t 1 ]; then return 0; fi
  printf '%s [Y/n] ' "$1"
  read -r answer || return 1
  case $answer in '' | [Yy]*) return 0 ;; *) return 1 ;; esac
}
