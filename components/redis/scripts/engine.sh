#!/bin/bash
# Redis' part of supervise.sh, which sets what is not set here.
# shellcheck disable=SC2154

is_restart() { false; }

# The server has no way of looking at its settings alone.
check_settings() { :; }

make_data() { mkdir -p "$1"; }

# A server that was stopped in good order has left a picture of its data that is as new as its log, and tells its place in
# the history: it starts from that, once. That it did is on the disk before it writes anything: the picture grows old.
run_server() {
  local log=yes arguments
  mapfile -t arguments <"$control/arguments"
  if grep -qsx '#stateful volatile true' "$2"; then
    # What lies here is a copy that another one was begun with.
    rm -f "$volume/data/"*.rdb
    : >"$volume/data/in-memory"
  elif [ -e "$volume/stateful/saved" ]; then
    rm -f "$volume/stateful/saved" && sync "$volume/stateful" && log=no
  fi
  cd "$volume/data" || exit 1
  exec "$@" --dir "$volume/data" --appendonly "$log" "${arguments[@]}"
}

kill_server() { kill -KILL "$child" 2>/dev/null; }

# However long it takes to write what it has in memory, that is shorter than to lose it.
see_end() { :; }

# The agent has had the server end in good order, if it could. One that is told to end without it ends as if it had crashed.
stop_signal() {
  if [ "$(order)" = hold ]; then echo TERM; else echo KILL; fi
}
