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

# A pipe that nobody writes to: to wait on it takes no process.
mkdir -p "$control"
[ -p "$control/pause" ] || mkfifo "$control/pause"
exec 3<>"$control/pause"

# A signal ends `wait` at once. `read -t` it may turn into one without a time limit, before the trap has run.
pause() {
  sleep "$1" &
  wait "$!"
}

order() {
  local word=
  if [ -r "$control/order" ]; then read -r word <"$control/order"; fi
  echo "$word"
}

# Whether the server is to run: data that is gone does not come back by starting it.
may_run() {
  case $1 in
  init) ;;
  run) [ -d "$volume/data" ] ;;
  *) false ;;
  esac
}

# Kills the server when it is asked to, until it is ended itself.
watch() {
  trap - TERM INT
  while :; do
    if [ -e "$control/kill" ]; then kill_server; fi
    read -r -t 0.2 -u 3 _
  done
}

state() {
  printf '%s %s\n' "$1" "$failures" >"$control/state.new"
  mv "$control/state.new" "$control/state"
}

on_term() {
  stopping=1
  if [ "$child" -gt 0 ]; then kill -s "$(stop_signal)" "$child" 2>/dev/null; fi
}
trap on_term TERM INT

# shellcheck source=/dev/null # each engine's own
. "${0%/*}/engine.sh"

rm -f "$control/stopping" "$control/kill"
# What was being made when the container ended is not made again before the agent has looked at it.
if [ -e "$control/state" ] && [ "$(order)" = init ]; then rm -f "$control/order"; fi
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
  if ! may_run "$order"; then
    pause 0.2
    continue
  fi
  rm -f "$control/kill"
  began=$SECONDS
  (run_server "$@") &
  child=$!
  watch &
  watcher=$!
  state running
  # Told to stop while the server was being started.
  if [ -n "$stopping" ]; then on_term; fi
  code=0
  while kill -0 "$child" 2>/dev/null; do
    wait "$child"
    code=$?
  done
  child=0
  kill -KILL "$watcher"
  wait "$watcher" 2>/dev/null
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
