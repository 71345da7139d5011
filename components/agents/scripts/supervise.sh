#!/bin/bash
# Runs the server in the engine's container, as the agent orders: see agent/core/supervisor.ts for the
# files that they share. What is the engine's own is in engine.sh beside this file, which defines:
#   check_settings SERVER…        whether the server takes its settings, as far as it can tell without its data
#   make_data DIRECTORY SERVER…   makes an empty data directory; or nothing, where the server does that itself
#   run_server SERVER…            becomes the server
#   stop_signal                   prints the signal that ends the server when the pod stops
#   see_end                       sees to it that a server which was told to end does so; runs beside it
#   kill_server                   ends the server, and everything that it started, at once
#   run_request WORD              does what the agent asks of the running server; or nothing, where it asks for nothing
#   is_restart CODE               whether the server's exit status says nothing against its data
# Usage: supervise.sh SERVER…
set -u
control=${STATEFUL_CONTROL:-/run/stateful}
volume=$STATEFUL_VOLUME
child=0
stopping=
interrupted=
failures=0
# A server that ran for this long had started, whatever ended it then, if the agent has had an answer from it; s.
settled=${STATEFUL_SETTLED_SECONDS:-30}

# A pipe that nobody writes to: to wait on it takes no process.
mkdir -p "$control"
[ -p "$control/pause" ] || mkfifo "$control/pause"
exec 3<>"$control/pause"

# A signal ends `wait` at once. `read -t` it may turn into one without a time limit, before the trap has run.
pause() {
  sleep "$1" 4>&- &
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
  init | once) ;;
  run) [ -d "$volume/data" ] ;;
  *) false ;;
  esac
}

# Whether there is to be another start the agent says when it has seen how this one ended.
heed_once() {
  if [ "$(order)" = once ]; then rm -f "$control/order"; fi
}

run_request() { return 64; }

# Does what the agent asks for beside the server. What it comes to goes by the word: several may be under way.
serve_request() {
  local word=${1##*/} doing
  word=${word%.request}
  doing=$control/$word.doing
  echo "$child" >"$doing"
  rm -f "$1" "$control/$word.outcome"
  {
    local words code
    words=$(
      run_request "$word" 2>&1 | tail -c 4096
      exit "${PIPESTATUS[0]}"
    )
    code=$?
    # Of what was asked of an earlier server nobody waits for the end.
    if [ "$(cat "$doing" 2>/dev/null)" = "$child" ]; then
      printf '%s\n%s\n' "$code" "$words" >"$control/$word.outcome.new"
      mv "$control/$word.outcome.new" "$control/$word.outcome"
      rm -f "$doing"
    fi
  } &
}

# Does what the agent asks for, and kills the server when it is asked to, until it is ended itself. Without the script nobody else
# would end either.
watch() {
  trap - TERM INT
  while kill -0 "$$" 2>/dev/null; do
    for request in "$control"/*.request; do
      if [ -e "$request" ]; then serve_request "$request"; fi
    done
    if [ -e "$control/kill" ]; then
      kill_server
      : >"$control/killed"
    fi
    read -r -t 0.2 -u 3 _
  done
  kill_server
}

# How long the machine has run, s: the time of day may be set while something is measured by it.
uptime() {
  local now
  read -r now _ </proc/uptime
  echo "${now%.*}"
}

# Whether a server that was started at this time has ended before it served: some take minutes until they know that they cannot.
fails_early() { [ ! -e "$control/answered" ] || [ $(($(uptime) - $1)) -lt "$settled" ]; }

# What the server says goes on to the container's log, and the last of it into two files for the agent: 256 pieces each.
# A reader that is gone must not end the script or the server.
trap '' PIPE
keep_words() {
  while dd bs=2048 count=256 of="$control/log" 2>/dev/null && [ -s "$control/log" ]; do
    mv "$control/log" "$control/log.old"
  done
}
exec 4> >(
  trap '' TERM INT
  exec 5> >(keep_words)
  words=$!
  tee /dev/fd/5 >&2
  exec 5>&-
  wait "$words"
)
logger=$!

# Lets what was said last get through. What still has the pipe open is not waited for.
end_log() {
  exec 4>&-
  local turn
  for ((turn = 0; turn < 20; turn++)); do
    kill -0 "$logger" 2>/dev/null || return 0
    sleep 0.1
  done
}

state() {
  printf '%s %s\n' "$1" "$failures" >"$control/state.new"
  mv "$control/state.new" "$control/state"
}

on_term() {
  stopping=1
  interrupted=1
  if [ "$child" -gt 0 ]; then
    kill -s "$(stop_signal)" "$child" 2>/dev/null
    see_end 4>&- &
  fi
}
trap on_term TERM INT

# shellcheck source=/dev/null # each engine's own
. "${0%/*}/engine.sh"

rm -f "$control/stopping" "$control/kill" "$control/killed"
# What was being made when the container ended is not made again before the agent has looked at it.
if [ -e "$control/state" ]; then
  case $(order) in init | once) rm -f "$control/order" ;; esac
fi
state stopped

# It did not come so far as to end: the agent reads why.
failed() {
  failures=$((failures + 1))
  state stopped
  pause 5
}

while [ -z "$stopping" ]; do
  order=$(order)
  if ! may_run "$order"; then
    pause 0.2
    continue
  fi
  # By this line the agent knows where the words of this start begin.
  echo "supervise.sh: starting the server" >&4
  if ! check_settings "$@" 2>&4; then
    failed
    continue
  fi
  if [ "$order" != run ] && [ ! -d "$volume/data" ]; then
    rm -rf "$volume/initialising"
    if ! make_data "$volume/initialising" "$@" 2>&4; then
      failed
      continue
    fi
    if [ -d "$volume/initialising" ]; then mv "$volume/initialising" "$volume/data"; fi
  fi
  rm -f "$control/kill" "$control/killed" "$control/answered"
  rm -f "$control"/*.request "$control"/*.doing "$control"/*.outcome
  heed_once
  began=$(uptime)
  (run_server "$@") 2>&4 4>&- &
  child=$!
  watch 4>&- &
  watcher=$!
  state running
  # Told to stop while the server was being started.
  if [ -n "$stopping" ]; then on_term; fi
  # A signal ends `wait`, with a status that is not the server's. That of a server which has ended already is still known.
  interrupted=1
  while [ -n "$interrupted" ]; do
    interrupted=
    wait "$child"
    code=$?
  done
  child=0
  kill -KILL "$watcher"
  wait "$watcher" 2>/dev/null
  # The agent may have said it again before it knew that the server was started.
  heed_once
  # Ended in good order: it has left its cluster, and the others may go on without it.
  if [ "$code" -eq 0 ]; then
    mkdir -p "$volume/stateful"
    : >"$volume/stateful/left"
  fi
  # 137 is a kill: it says nothing against the data.
  if fails_early "$began" && [ "$code" -ne 0 ] && [ "$code" -ne 137 ] && ! is_restart "$code"; then
    failures=$((failures + 1))
  else
    failures=0
  fi
  state stopped
  if [ "$failures" -gt 0 ]; then pause $((failures < 10 ? failures : 10)); fi
done
end_log
