#!/usr/bin/env bash
# Makes the layer that Debian packages add to a base: `add-packages.sh <base> <layer> <script or ""> <package>...`.
# The script, if any, runs inside as root afterwards. All happens on an overlay: the base stays as it is, and the
# layer is what was written above it.
set -euo pipefail

if [[ ${1:-} != --inside ]]; then
  # Mounts of its own: they go when this ends, however it ends.
  exec unshare --mount --fork --pid --mount-proc bash "$0" --inside "$@"
fi
shift
base=$1 layer=$2 finish=$3
shift 3

work=$layer.work
rm -rf "$work"
mkdir -p "$work"/{upper,overlay,root}
root=$work/root
mount -t overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/overlay" overlay "$root"
mount -t proc proc "$root/proc"
for file in resolv.conf hosts; do
  touch "$root/etc/$file"
  mount --bind "/etc/$file" "$root/etc/$file"
done

inside() {
  chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "$@"
}

log=$layer.log
: >"$log"
# As this machine believes its mirror: one that keeps to a day of the past has lists that are called expired.
valid=$(apt-config dump --format '%v%n' Acquire::Check-Valid-Until)

# Engines' own users get the id 999, as in the official images: a package's group that has it gets another one.
# shellcheck disable=SC2016 # it is for the shell inside
free='
other=$(getent group 999 | cut -d: -f1) || true
if [[ -n $other ]]; then
  groupmod --gid 899 "$other"
  find / -xdev -gid 999 -exec chgrp --no-dereference 899 {} +
fi
'

# One after the other: what stands before `||` is not ended by `set -e`.
add() {
  inside apt-get -q -o "Acquire::Check-Valid-Until=${valid:-true}" update &&
    inside apt-get -q install --yes --no-install-recommends "$@" &&
    { [[ -z $finish ]] || inside bash -euo pipefail -s < <(printf %s "$free" && cat "$finish"); } &&
    inside apt-get clean
}
add "$@" >>"$log" 2>&1 || {
  tail -n 20 "$log" >&2
  exit 1
}
# What exactly went in; a suite that moves on may bring newer ones next time.
inside dpkg-query --show >"$work/upper/packages.txt"

umount "$root"/etc/{resolv.conf,hosts} "$root/proc" "$root"
rm -rf "$work"/upper/{var/lib/apt/lists,var/cache/apt,tmp,run}/* "$work"/upper/var/log/{apt,*.log}
rm -f "$work"/upper/etc/{resolv.conf,hosts}

# A deletion is a 0/0 character device on an overlay, and a file named .wh.<name> in a layer.
while IFS= read -r -d '' gone; do
  rm "$gone"
  : >"$(dirname "$gone")/.wh.$(basename "$gone")"
done < <(find "$work/upper" -type c -print0)

tar --sort=name --numeric-owner -C "$work/upper" -cf "$layer.new" .
mv "$layer.new" "$layer"
rm -rf "$work"
