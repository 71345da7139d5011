#!/usr/bin/env bash
# What the control plane needs before its services start: sight of the storage array.
set -euo pipefail

mkdir -p /var/lib/csi-loop
mount "$(losetup --noheadings --output=NAME --associated /run/storage/array.img)" /var/lib/csi-loop
