#!/usr/bin/env bash
# Runs inside the image when its packages are in.
set -euo pipefail

# The ids of the official image.
old_user=$(id -u valkey) old_group=$(id -g valkey)
usermod --uid 999 valkey
groupmod --gid 999 valkey
find / -xdev -user "$old_user" -exec chown --no-dereference valkey {} +
find / -xdev -group "$old_group" -exec chgrp --no-dereference valkey {} +
install -d -o valkey -g valkey -m 1777 /data
valkey-server --version
command -v valkey-sentinel valkey-cli
