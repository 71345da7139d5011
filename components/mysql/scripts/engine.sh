#!/bin/bash
# MySQL's part of supervise.sh, which sets what is not set here.
# shellcheck disable=SC2154

# The server restarts itself (after a clone) by exiting with 16, which it does only under a parent
# that it is told of.
export MYSQLD_PARENT_PID=$$
is_restart() { [ "$1" -eq 16 ]; }

make_data() {
  local directory=$1
  shift
  "$@" --initialize-insecure --datadir="$directory"
}

run_server() {
  mapfile -t arguments <"$control/arguments"
  exec "$@" --datadir="$volume/data" "${arguments[@]}"
}

kill_server() { kill -KILL "$child" 2>/dev/null; }

# A server that stops in good order leaves its cluster, which is the agent's to decide: it has done so
# when the order is to hold. Without that (a forced deletion, a dead agent) the server is stopped as if it
# had crashed, so that the membership stays as it is and the rest cannot shrink to a single member.
stop_signal() {
  if [ "$(order)" = hold ]; then echo TERM; else echo KILL; fi
}
