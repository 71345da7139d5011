#!/usr/bin/env bash
# Makes Debian's smallest system: `make-base.sh <suite> <folder> <layer>`. The folder keeps it unpacked, for other
# layers to stand on; the layer is the same as a tar file.
set -euo pipefail

suite=$1 root=$2 layer=$3

# Wherever this machine has its own packages from. A field of apt's, not a variable of this script:
# shellcheck disable=SC2016
format='$(SITE)'
mirror=$(apt-get indextargets --format "$format" 'Origin: Debian' 'Label: Debian' 'Created-By: Packages' | head -n 1)
if [[ -z $mirror ]]; then
  echo "apt knows no Debian mirror: run apt-get update, or add one to its sources" >&2
  exit 1
fi

rm -rf "$root" "$root.unfinished"
debootstrap --variant=minbase "$suite" "$root.unfinished" "$mirror" >"$root.log" 2>&1 || {
  tail -n 20 "$root.log" >&2
  exit 1
}

# No service may start while packages are added, and no package needs its manuals in a container.
printf '#!/bin/sh\nexit 101\n' >"$root.unfinished/usr/sbin/policy-rc.d"
chmod 755 "$root.unfinished/usr/sbin/policy-rc.d"
cat >"$root.unfinished/etc/dpkg/dpkg.cfg.d/container" <<'END'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
END
rm -rf "$root.unfinished"/{var/cache/apt,usr/share/doc,usr/share/man,usr/share/locale}/* "$root.unfinished"/var/log/*.log
# Resolving names is the cluster's business; what the build machine does must not get into images.
: >"$root.unfinished/etc/resolv.conf"
: >"$root.unfinished/etc/hostname"

tar --sort=name --numeric-owner --exclude=./var/lib/apt/lists/* --exclude=./dev/* \
  -C "$root.unfinished" -cf "$layer.new" .
mv "$root.unfinished" "$root"
mv "$layer.new" "$layer"
