#!/bin/bash
# Runs the server in the engine's container, as the agent orders: see agent/core/supervisor.ts for the
# files that they share. Usage: engine.sh SERVER --defaults-file=FILE
set -u
control=${STATEFUL_CONTROL:-/run/stateful}
volume=${STATEFUL_VOLUME:-/var/lib/mysql}
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

# Kills the server when it is asked to, until it is ended itself.
watch() {
  trap - TERM INT
  while :; do
    if [ -e "$control/kill" ]; then kill -KILL "$child" 2>/dev/null; fi
    read -r -t 0.2 -u 3 _
  done
}

state() {
  printf '%s %s\n' "$1" "$failures" >"$control/state.new"
  mv "$control/state.new" "$control/state"
}

# A server that stops in good order leaves its cluster, which is the agent's to decide: it has done so
# when the order is to hold. Without that (a forced deletion, a dead agent) the server is stopped as if it
# had crashed, so that the membership stays as it is and the rest cannot shrink to a single member.
on_term() {
  local signal=KILL order=
  if [ -r "$control/order" ]; then read -r order <"$control/order"; fi
  if [ "$order" = hold ]; then signal=TERM; fi
  stopping=1
  if [ "$child" -gt 0 ]; then kill -s "$signal" "$child" 2>/dev/null; fi
}
trap on_term TERM INT

# The server restarts itself (after a clone) by exiting with 16, which it does only under a parent
# that it is told of.
export MYSQLD_PARENT_PID=$$

rm -f "$control/stopping" "$control/kill"
state stopped
while [ -z "$stopping" ]; do
  order=
  if [ -r "$control/order" ]; then read -r order <"$control/order"; fi
  if [ "$order" = init ] && [ ! -d "$volume/data" ]; then
    rm -rf "$volume/initialising"
    if "$@" --initialize-insecure --datadir="$volume/initialising"; then
      mv "$volume/initialising" "$volume/data"
    else
      failures=$((failures + 1))
      state stopped
      pause 5
      continue
    fi
  fi
  if [ "$order" != run ] && [ "$order" != init ] || [ ! -d "$volume/data" ]; then
    pause 0.2
    continue
  fi
  mapfile -t arguments <"$control/arguments"
  rm -f "$control/kill"
  began=$SECONDS
  "$@" --datadir="$volume/data" "${arguments[@]}" &
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
  # 16 asks for a restart, 137 is a kill: neither says anything against the data.
  if [ $((SECONDS - began)) -lt 30 ] && [ "$code" -ne 0 ] && [ "$code" -ne 16 ] && [ "$code" -ne 137 ]; then
    failures=$((failures + 1))
  else
    failures=0
  fi
  state stopped
  if [ "$failures" -gt 0 ]; then pause $((failures < 10 ? failures : 10)); fi
done
