#!/usr/bin/env bash
# First process of a machine of the test bed: `boot.sh <machine directory>`, started in namespaces of its own (mounts,
# processes, network, host name). It lays the machine's file system over the host's, brings its network up, and keeps
# its services running. When this process is killed, the kernel kills every process of the machine at once and its
# mounts and network go with them: that is the power cut.
set -euo pipefail

dir=$1
# shellcheck source=/dev/null
source "$dir/machine.env" # MACHINE_NAME, MACHINE_ADDRESS

# The host plugs the cable in once it knows this process.
until ip link show eth0 >/dev/null 2>&1; do sleep 0.05; done

# Mounts made here stay here; among the machine's own containers they spread, as Kubernetes expects of a node.
mount --make-rshared /
hostname "$MACHINE_NAME"

# A new /run, empty as after a reboot, prepared aside and then laid over: what is bound into it must be reachable
# even if the checkout or the cache lies under a path that gets covered.
mkdir -p "$dir/run"
mount -t tmpfs -o mode=755 run "$dir/run"
while read -r name source; do
  mkdir -p "$dir/run/$name"
  mount --rbind "$source" "$dir/run/$name"
done <"$dir/shared"
mkdir "$dir/run/machine" "$dir/run/lock"
mount --bind "$dir" "$dir/run/machine"
mount --rbind "$dir/run" /run

# What the machine writes to /etc and /var is its own and outlives a power cut, as a disk would.
for path in etc var; do
  mkdir -p "/run/machine/root/$path" "/run/machine/work/$path"
  layers="lowerdir=/$path,upperdir=/run/machine/root/$path,workdir=/run/machine/work/$path"
  mount -t overlay -o "$layers" "overlay-$path" "/$path"
done

ip link set lo up
ip link set eth0 up
ip address add "$MACHINE_ADDRESS" dev eth0
while read -r range gateway; do
  ip route add "$range" via "$gateway"
done <"$dir/routes"
echo 1 >/proc/sys/net/ipv4/ip_forward

if [[ -x /run/machine/prepare ]]; then /run/machine/prepare; fi

# Keeps a service running. While there is a file of its name in /run/held, it stays down once it has ended.
supervise() {
  local service=$1 log="/run/machine/logs/$1.log"
  while :; do
    "/run/machine/services/$service" >>"$log" 2>&1 &
    echo $! >"/run/pids/$service"
    wait $! || true
    while [[ -e /run/held/$service ]]; do sleep 0.2; done
    echo "--- $service ended, starting it again" >>"$log"
    sleep 1
  done
}

mkdir /run/pids
mkdir -p /run/machine/logs
for path in /run/machine/services/*; do
  supervise "$(basename "$path")" &
done
touch /run/booted
wait
