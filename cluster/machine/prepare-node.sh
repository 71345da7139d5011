#!/usr/bin/env bash
# What a node needs before its services start: a disk for local volumes, room in the control groups, and the
# directories that containerd and kubelet keep over a reboot.
set -euo pipefail

# containerd's layers and kubelet's pods must not lie on an overlay: containers stack overlays of their own on them.
for name in containerd kubelet; do
  mkdir -p "/run/machine/$name" "/var/lib/$name"
  mount --bind "/run/machine/$name" "/var/lib/$name"
done
mkdir -p /var/lib/csi-loop
mount "$(losetup --noheadings --output=NAME --associated /run/storage/array.img)" /var/lib/csi-loop

# The node's own disk, a file system apart: a power cut can then lose what was not yet synced to it. What is deleted on
# it is given back to this machine, whose disk the three of them would fill in some hours of tests.
mkdir /run/disk
mount -o loop,discard /run/machine/disk.img /run/disk
for path in /mnt /srv /var/lib/stateful; do
  mkdir -p "/run/disk$path" "$path"
  mount --bind "/run/disk$path" "$path"
done

# kubelet wants the group of its configuration to exist. In version 1 that is one in every hierarchy, and a cpuset group
# is unusable until it is told its CPUs; in version 2 controllers must be handed down.
root=/sys/fs/cgroup
name=$(</run/machine/config.control-group)
if [[ -e $root/cgroup.controllers ]]; then
  for controller in $(<"$root/cgroup.controllers"); do
    echo "+$controller" >"$root/cgroup.subtree_control" || echo "no $controller for the pods of $(hostname)" >&2
  done
  mkdir -p "$root$name"
else
  for hierarchy in "$root"/*/; do
    [[ -e $hierarchy/cgroup.procs ]] || continue
    group="${hierarchy%/}$name"
    mkdir -p "$group"
    for file in cpuset.cpus cpuset.mems; do
      [[ ! -e $hierarchy/$file ]] || cat "$hierarchy/$file" >"$group/$file"
    done
  done
fi

mkdir -p /run/cni/net.d
ln -s /run/machine/config.cni.conflist /run/cni/net.d/pods.conflist
