#!/bin/bash
# PostgreSQL's archive_command: says whether a file of the log is stored, so that the server may let it go. The agent reads and
# stores the log itself; up to which file it has done so stands in the file `archived`: `all` where there is no backup.
# It runs in the data directory. Usage: archive.sh FILE
set -u
export LC_ALL=C
control=${STATEFUL_CONTROL:-/run/stateful}
patience=${STATEFUL_ARCHIVE_SECONDS:-600}
file=$1

# Histories of timelines are stored with each stretch of the log. What a former primary had not finished, `.partial`, the first
# file of the next timeline begins with, as far as it counts.
[[ $file =~ ^[0-9A-F]{24}$ ]] || exit 0

stored() {
  local upto=
  { read -r upto <"$control/archived"; } 2>/dev/null
  [ "$upto" = all ] && return 0
  # Timelines come first in a name, and places in the log then.
  [[ $upto =~ ^[0-9A-F]{24}$ && ! $file > $upto ]]
}

# Whether the server runs on that asks, and is not about to stop: it would wait for this. The eighth line is what it does.
runs() {
  local lines=() name=
  { mapfile -t lines <postmaster.pid; } 2>/dev/null
  [ "${#lines[@]}" -ge 8 ] && [[ ${lines[7]} != stopping* ]] || return 1
  { read -r name <"/proc/${lines[0]}/comm"; } 2>/dev/null
  [ "$name" = postgres ] && kill -0 "$PPID" 2>/dev/null
}

# A pipe that nobody writes to: to wait on it takes no process.
if [ -p "$control/pause" ]; then
  exec 3<>"$control/pause"
  pause() { read -r -t 0.5 -u 3 _; }
else
  pause() { sleep 0.5; }
fi

# That a file is not stored yet is nothing for the server to complain of. Above 125 it does not ask again before it is to:
# https://www.postgresql.org/docs/17/continuous-archiving.html#BACKUP-ARCHIVING-WAL
until stored; do
  runs || exit 130
  if [ "$SECONDS" -ge "$patience" ]; then
    echo "archive.sh: $file is not stored yet; the server keeps it, and asks again" >&2
    exit 1
  fi
  pause
done
