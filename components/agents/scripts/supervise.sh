#!/bin/bash
# Runs the server in the engine's container, as the agent orders: see agent/core/supervisor.ts for the
# files that they share. What is the engine's own is in engine.sh beside this file, which defines:
#   make_data DIRECTORY SERVER…   makes an empty data directory; or nothing, where the server does that itself
#   run_server SERVER…            becomes the server
#   stop_signal                   prints the signal that ends the server when the pod stops
#   kill_server                   ends the server, and everything that it started, at once
#   is_restart CODE               whether the server's exit status says nothing against its data
# Usage: supervise.sh SERVER…
set -u
control=${STATEFUL_CONTROL:-/run/stateful}
volume=$STATEFUL_VOLUME
child=0
stopping=
failures=0

# Waits without a process of its own, on a pipe that only the trap below writes to.
mkdir -p "$control"
[ -p "$control/pause" ] || mkfifo "$control/pause"
exec 3<>"$control/pause"
pause() { read -r -t "$1" -u 3 _ || true; }

order() {
  local word=
  if [ -r "$control/order" ]; then read -r word <"$control/order"; fi
  echo "$word"
}

state() {
  printf '%s %s\n' "$1" "$failures" >"$control/state.new"
  mv "$control/state.new" "$control/state"
}

on_term() {
  stopping=1
  if [ "$child" -gt 0 ]; then kill -s "$(stop_signal)" "$child" 2>/dev/null; fi
  # A wait that a signal interrupts goes on without its time limit in some versions of bash.
  echo >&3
}
trap on_term TERM INT

# shellcheck source=/dev/null # each engine's own
. "${0%/*}/engine.sh"

rm -f "$control/stopping" "$control/kill"
state stopped
while [ -z "$stopping" ]; do
  order=$(order)
  if [ "$order" = init ] && [ ! -d "$volume/data" ]; then
    rm -rf "$volume/initialising"
    if ! make_data "$volume/initialising" "$@"; then
      failures=$((failures + 1))
      state stopped
      pause 5
      continue
    fi
    if [ -d "$volume/initialising" ]; then mv "$volume/initialising" "$volume/data"; fi
  fi
  if [ "$order" != run ] && [ "$order" != init ] || [ "$order" = run ] && [ ! -d "$volume/data" ]; then
    pause 0.2
    continue
  fi
  rm -f "$control/kill"
  began=$SECONDS
  (run_server "$@") &
  child=$!
  state running
  while kill -0 "$child" 2>/dev/null; do
    if [ -e "$control/kill" ]; then kill_server; fi
    pause 0.2
  done
  wait "$child"
  code=$?
  child=0
  # Ended in good order: it has left its cluster, and the others may go on without it.
  if [ "$code" -eq 0 ]; then
    mkdir -p "$volume/stateful"
    : >"$volume/stateful/left"
  fi
  # 137 is a kill: it says nothing against the data.
  if [ $((SECONDS - began)) -lt 30 ] && [ "$code" -ne 0 ] && [ "$code" -ne 137 ] && ! is_restart "$code"; then
    failures=$((failures + 1))
  else
    failures=0
  fi
  state stopped
  if [ "$failures" -gt 0 ]; then pause $((failures < 10 ? failures : 10)); fi
done
