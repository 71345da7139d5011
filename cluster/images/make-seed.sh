#!/usr/bin/env bash
# Makes a containerd directory that holds images already unpacked: `make-seed.sh <directory> <archive>...`. New nodes
# start from copies of it, which takes a second where unpacking every image on every node takes most of a minute.
set -euo pipefail

if [[ ${1:-} != --inside ]]; then
  # Mounts and processes of its own: they go when this ends, however it ends.
  exec unshare --mount --fork --pid --kill-child --mount-proc bash "$0" --inside "$@"
fi
shift
seed=$1
shift

work=$seed.work
rm -rf "$work"
mkdir -p "$work"
cat >"$work/config.toml" <<END
version = 2
root = "$work/root"
state = "$work/state"
disabled_plugins = [
  "io.containerd.grpc.v1.cri",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]
[grpc]
  address = "$work/socket"
END
containerd --config "$work/config.toml" >"$work/log" 2>&1 &
daemon=$!

fail() {
  tail -n 20 "$work/log" >&2
  exit 1
}
until ctr --address "$work/socket" version >/dev/null 2>&1; do
  kill -0 "$daemon" 2>/dev/null || fail
  sleep 0.1
done
for archive in "$@"; do
  ctr --address "$work/socket" --namespace k8s.io images import "$archive" >>"$work/log" 2>&1 || fail
done
kill "$daemon"
wait "$daemon" || true

mv "$work/root" "$seed"
rm -rf "$work"
