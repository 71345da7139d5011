#!/bin/sh
# Makes the directories of a node's volumes with the right owner, and reports how full they are.
#
# NODE_NAME          the node that this runs on
# ROOT               where the node's volume directory is mounted
# DIRECTORIES        file with a line per directory: node, path below ROOT, user id
# REQUIRE_MOUNT      "true": ROOT must be the mount point of a disk
# INTERVAL_SECONDS   time between two rounds
# ROUNDS             how many rounds to make; empty: no end
#
# POSIX shell, since busybox has no other; strict as far as that knows.
set -eu

# A bind mount of a disk's own mount point shows "/" as its root within that disk; a directory of the
# system disk shows its path there.
is_mount_point() {
  awk -v root="$ROOT" '$5 == root { source = $4 } END { exit source != "/" }' "${MOUNTINFO:-/proc/self/mountinfo}"
}

# Made aside and renamed: one that was left half made would be taken for a directory with the right owner.
make_directory() {
  directory="$ROOT/$1"
  [ -d "$directory" ] && return
  if [ "${REQUIRE_MOUNT:-false}" = true ] && ! is_mount_point; then
    echo "level=error volume=$1 message=\"no disk is mounted at the volume path of $NODE_NAME: no directory made\""
    return
  fi
  mkdir -p "$directory.new"
  chown "$2:$2" "$directory.new"
  chmod 0770 "$directory.new"
  mv "$directory.new" "$directory"
  echo "level=info volume=$1 message=\"directory made\""
}

report_use() {
  directory="$ROOT/$1"
  [ -d "$directory" ] || return 0
  used_kib=$(du -sk "$directory" 2>/dev/null | cut -f1) || true
  free_kib=$(df -Pk "$directory" | awk 'NR == 2 { print $4 }')
  echo "level=info volume=$1 usedKiB=${used_kib:-0} freeKiB=$free_kib"
}

for_own_directories() {
  action=$1
  while read -r node path user; do
    [ "$node" = "$NODE_NAME" ] || continue
    "$action" "$path" "$user"
  done <"$DIRECTORIES"
}

main() {
  trap 'exit 0' TERM INT
  rounds=0
  while [ -z "${ROUNDS:-}" ] || [ "$rounds" -lt "$ROUNDS" ]; do
    for_own_directories make_directory
    for_own_directories report_use
    rounds=$((rounds + 1))
    sleep "$INTERVAL_SECONDS" &
    wait $!
  done
}

main
