#!/bin/bash
# PostgreSQL's part of supervise.sh, which sets what is not set here. The server is Patroni, which starts
# PostgreSQL itself.
# shellcheck disable=SC2154

# Patroni makes the data directory: by bootstrapping, if it may, or by a copy.
make_data() { :; }

# The server reads its settings when Patroni starts it. What Patroni would not start with it says itself.
check_settings() { :; }

# A program that the agent had run has ended, and told how: see run_task.
task_ended=75
is_restart() { [ "$1" -eq "$task_ended" ]; }

run_server() {
  umask 077
  if [ -s "$control/task" ]; then run_task; fi
  exec "$@" "$control/patroni.yml"
}

# Runs one program of the server's package in place of Patroni, once: the lines of `task` are it and its arguments. What it
# puts out goes to `task.out`, and how it ended to `task.code`. It is told to end by `task.end`: a server does so in good order.
run_task() {
  local program=() code
  mapfile -t program <"$control/task"
  rm -f "$control/task" "$control/task.end"
  "${program[@]}" >"$control/task.out" &
  task=$!
  trap 'kill -TERM "$task" 2>/dev/null' TERM
  while kill -0 "$task" 2>/dev/null; do
    if [ -e "$control/task.end" ]; then
      rm -f "$control/task.end"
      kill -INT "$task"
    fi
    sleep 0.2
  done
  wait "$task"
  code=$?
  echo hold >"$control/order"
  echo "$code" >"$control/task.code.new"
  mv "$control/task.code.new" "$control/task.code"
  exit "$task_ended"
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
  local program
  for program in $(programs); do kill -KILL "$program" 2>/dev/null; done
}

# Processes of the server itself and of what copies for it. (The kernel keeps 15 letters of a name.)
programs() {
  local process name
  for process in /proc/[0-9]*; do
    name=
    read -r name 2>/dev/null <"$process/comm"
    case $name in
    postgres | pg_basebackup | pg_rewind | pg_verifybackup) echo "${process##*/}" ;;
    esac
  done
}

# Patroni has been seen to go on when all that it ran had ended in good order and the lock was given up, until the pod's
# time was over: five minutes in which the set lacks a member, and a rolling update stands. It gives the lock up within its
# retry_timeout of 5 s; what is left of it then has nothing to do.
see_end() {
  local idle=0
  while kill -0 "$child" 2>/dev/null; do
    if [ -n "$(programs)" ]; then idle=0; else idle=$((idle + 1)); fi
    if [ "$idle" -gt "${STATEFUL_LEFTOVER_SECONDS:-15}" ]; then
      echo "supervise.sh: Patroni does not end, though nothing that it ran is left; killing it" >&2
      kill -KILL "$child" 2>/dev/null
      return
    fi
    sleep 1
  done
}

# What the agent asks for: see agent/postgresql/detachment.ts.
run_request() {
  case $1 in
  detach) end_receivers ;;
  *) return 64 ;;
  esac
}

# Returns when nothing is left that receives another server's log and had begun before: what begins now trusts nobody.
end_receivers() {
  local turn receiver left
  for ((turn = 0; turn < 25; turn++)); do
    left=$(receivers)
    [ -n "$left" ] || return 0
    for receiver in $left; do kill -TERM "$receiver" 2>/dev/null; done
    sleep 0.1
  done
  echo "what receives the primary's log does not end"
  return 1
}

# They have the database's name before their own in what they call themselves.
receivers() {
  local process words
  for process in /proc/[0-9]*; do
    words=
    IFS= read -r -d '' words 2>/dev/null <"$process/cmdline"
    case $words in
    'postgres: walreceiver'* | 'postgres: '*': walreceiver'*) echo "${process##*/}" ;;
    esac
  done
}

# Patroni gives up the lock when PostgreSQL has stopped in good order.
stop_signal() { echo TERM; }
