#!/usr/bin/env bash
# Makes sure that a Docker engine answers: reuses what runs, starts what is installed, installs it where there is none.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=script/lib/shell.sh
. "$here/shell.sh"

engine_log=/var/log/dockerd.log
run_folder=/var/run
default_socket=$run_folder/docker.sock

# A daemon that accepts and never answers must not hang set-up.
engine_version() { timeout 10 docker version --format '{{.Server.Version}} (API {{.Server.APIVersion}})' 2>/dev/null; }
dockerd_path() { PATH=$PATH:/usr/sbin:/usr/local/sbin command -v dockerd; }
with_systemd() { [ -d /run/systemd/system ]; }

# Where the docker command would go: DOCKER_HOST, else its context, else the default socket.
docker_endpoint() {
  if [ -n "${DOCKER_HOST:-}" ]; then
    printf '%s' "$DOCKER_HOST"
  else
    timeout 10 docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || printf 'unix://%s' "$default_socket"
  fi
}

# Another engine than the host's own was chosen: that one is not ours to install or start.
refuse_if_elsewhere() {
  local endpoint
  have docker || return 0
  endpoint=$(docker_endpoint)
  case $endpoint in
    unix:///var/run/docker.sock | unix:///run/docker.sock) return 0 ;;
    *) die "The Docker engine at $endpoint does not answer." "It comes from DOCKER_HOST or from the docker context: start that engine, or unset it." ;;
  esac
}

refuse_if_not_permitted() {
  is_root && return 0
  [ -S "$default_socket" ] && [ ! -w "$default_socket" ] || return 0
  die "There is a Docker engine, but $(id -un) may not use its socket $default_socket." \
    "Add yourself to the group docker, then log in again (or: newgrp docker):" \
    "  sudo usermod -aG docker $(id -un)"
}

install_engine() {
  local manager apt=(docker.io iptables ca-certificates)
  manager=$(package_manager) || die 'There is no Docker engine here, and none of apt-get, dnf, apk.' 'Install Docker Engine 20.10 or newer, then run this again.'
  say 'There is no Docker engine on this machine. To be installed from its own package sources (about 65 MB to fetch):'
  case $manager in
    apt-get) say "  ${apt[*]}, and docker-cli where that is a package of its own" ;;
    dnf) say '  moby-engine docker-cli iptables' ;;
    *) say '  docker iptables' ;;
  esac
  confirm 'Install it?' || die 'Nothing was installed.' 'Astern needs a Docker engine (20.10 or newer); install one your own way, then run this again.'
  need_root 'Installing the Docker engine'
  if [ "$manager" = apt-get ]; then
    apt_refresh
    if [ -n "$(apt-cache search --names-only '^docker-cli$')" ]; then apt+=(docker-cli); fi
  fi
  install_packages 'the Docker engine' "${apt[*]}" 'moby-engine docker-cli iptables' 'docker iptables'
}

runs() { # runs PID NAME
  [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}
# Daemons that were killed leave pid files, and a number that is a zombie's (or somebody else's by now) keeps the next ones from starting.
clear_pid_files() {
  local pid
  if pid=$(cat "$run_folder/docker.pid" 2>/dev/null); then
    if runs "$pid" dockerd; then
      die "A Docker daemon runs (process $pid) but does not answer." "Its log: $engine_log, or journalctl -u docker. Restart it, then run this again."
    fi
    as_root rm -f "$run_folder/docker.pid"
  fi
  if pid=$(as_root cat "$run_folder/docker/containerd/containerd.pid" 2>/dev/null) && ! runs "$pid" containerd; then
    as_root rm -f "$run_folder/docker/containerd/containerd.pid"
  fi
}

start_engine() {
  local daemon start i
  start=$(now_ms)
  daemon=$(dockerd_path) || die 'dockerd is not on this machine although Docker was installed.'
  need_root 'Starting the Docker engine'
  if with_systemd; then
    must 'systemctl start docker' as_root systemctl start docker
  else
    clear_pid_files
    # No systemd: a container or a minimal machine. In a session of its own, so that it outlives this script and its terminal.
    # shellcheck disable=SC2016  # the inner shell expands
    as_root sh -c 'setsid nohup "$1" >>"$2" 2>&1 </dev/null &' sh "$daemon" "$engine_log"
  fi
  for ((i = 0; i < 300; i++)); do
    if engine_version >/dev/null; then
      ok "Docker engine $(engine_version) started ($(since "$start"))"
      return 0
    fi
    [ -S "$default_socket" ] && refuse_if_not_permitted
    sleep 0.1
  done
  if [ -r "$engine_log" ]; then tail -n 15 "$engine_log" | sed 's/^/    /' >&2; fi
  die 'The Docker engine was started but does not answer after 30 s.' "Its log: $engine_log, or journalctl -u docker."
}

if version=$(engine_version) && [ -n "$version" ]; then
  ok "Docker engine $version is running"
  exit 0
fi
refuse_if_elsewhere
refuse_if_not_permitted
if ! dockerd_path >/dev/null || ! have docker; then install_engine; fi
start_engine
