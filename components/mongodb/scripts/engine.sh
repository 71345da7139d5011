#!/bin/bash
# MongoDB's part of supervise.sh, which sets what is not set here.
# shellcheck disable=SC2154

is_restart() { false; }

# The server has no way of looking at its settings alone.
check_settings() { :; }

make_data() { mkdir -p "$1"; }

# Where a node has no IPv6, a server that is to listen there does not start.
run_server() {
  local arguments=()
  [ ! -s "${if_inet6:-/proc/net/if_inet6}" ] || arguments+=(--ipv6)
  cd "$volume/data" || exit 1
  exec "$@" "${arguments[@]}"
}

kill_server() { kill -KILL "$child" 2>/dev/null; }

# It writes what is in memory to the disk; killed, it would have to read its journal.
see_end() { :; }

stop_signal() { echo TERM; }
