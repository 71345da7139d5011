#!/bin/bash
# PostgreSQL's part of supervise.sh, which sets what is not set here. The server is Patroni, which starts
# PostgreSQL itself.
# shellcheck disable=SC2154

# Patroni makes the data directory: by founding, if it may, or by a copy.
make_data() { :; }

# The server reads its settings when Patroni starts it. What Patroni would not start with it says itself.
check_settings() { :; }
is_restart() { false; }

run_server() {
  umask 077
  exec "$@" "$control/patroni.yml"
}

# PostgreSQL goes on when Patroni is gone. Its backends too: each may be about to acknowledge a commit. So do the programs
# that copy.
kill_server() {
  kill_programs
  # Those that the first were about to start.
  kill_programs
  # Last: with it goes the watch that does all this.
  kill -KILL "$child" 2>/dev/null
}

kill_programs() {
  local process name
  for process in /proc/[0-9]*; do
    name=
    read -r name 2>/dev/null <"$process/comm"
    case $name in
    postgres | pg_basebackup | pg_rewind) kill -KILL "${process##*/}" 2>/dev/null ;;
    esac
  done
}

# Patroni gives up the lock when PostgreSQL has stopped in good order.
stop_signal() { echo TERM; }
