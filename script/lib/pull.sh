#!/usr/bin/env bash
# pull.sh IMAGE: docker pull that gives up soon where no registry answers, but not in the middle of a slow download.
set -euo pipefail

answer_timeout_s=20 whole_timeout_s=900
output=$(mktemp)
docker pull "$1" >"$output" 2>&1 </dev/null &
pull=$!
trap 'kill "$pull" 2>/dev/null || true; rm -f "$output"' EXIT
for ((tenths = 0; tenths < whole_timeout_s * 10; tenths++)); do
  if ! kill -0 "$pull" 2>/dev/null; then
    status=0
    wait "$pull" || status=$?
    cat "$output"
    exit "$status"
  fi
  # the first line comes once the registry has answered
  if ((tenths == answer_timeout_s * 10)) && [ ! -s "$output" ]; then
    echo "no registry answered within $answer_timeout_s s"
    exit 1
  fi
  sleep 0.1
done
echo "the download was not done within $whole_timeout_s s"
exit 1
