#!/bin/bash
# MySQL's part of supervise.sh, which sets what is not set here.
# shellcheck disable=SC2154

# The server restarts itself (after a clone) by exiting with 16, which it does only under a parent
# that it is told of.
export MYSQLD_PARENT_PID=$$
zone_info=${STATEFUL_ZONE_INFO:-/usr/share/zoneinfo}
is_restart() { [ "$1" -eq 16 ]; }

# Temporary files have no names, and go with the server.
make_room() { mkdir -p "$volume/tmp"; }

# What it looks at is neither the data nor all of the settings: the rest comes out at the start.
# https://dev.mysql.com/doc/refman/8.4/en/server-configuration-validation.html
check_settings() {
  make_room
  mapfile -t arguments <"$control/arguments"
  "$@" --validate-config --datadir="$volume/data" "${arguments[@]}"
}

# The time zones come with the data directory, so that a server can start with one that has a name. While there are none it
# cannot, hence the last option. Better without them than not at all.
make_data() {
  local directory=$1 zones=$1.sql code=1
  shift
  if { echo "USE mysql;" && mysql_tzinfo_to_sql "$zone_info" 2>/dev/null; } >"$zones"; then
    "$@" --initialize-insecure --datadir="$directory" --default-time-zone=SYSTEM --init-file="$zones"
    code=$?
  fi
  if [ "$code" -ne 0 ]; then
    echo "making a data directory without named time zones" >&2
    rm -rf "$directory"
    "$@" --initialize-insecure --datadir="$directory" --default-time-zone=SYSTEM
    code=$?
  fi
  rm -f "$zones"
  return "$code"
}

run_server() {
  mapfile -t arguments <"$control/arguments"
  exec "$@" --datadir="$volume/data" "${arguments[@]}"
}

kill_server() { kill -KILL "$child" 2>/dev/null; }

# However long it takes to write what it has in memory, that is shorter than to recover from a kill.
see_end() { :; }

# A server that stops in good order leaves its cluster, which is the agent's to decide: it has done so
# when the order is to hold. Without that (a forced deletion, a dead agent) the server is stopped as if it
# had crashed, so that the membership stays as it is and the rest cannot shrink to a single member.
stop_signal() {
  if [ "$(order)" = hold ]; then echo TERM; else echo KILL; fi
}
