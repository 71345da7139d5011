#!/usr/bin/env bash
# Runs inside the image when its packages are in.
set -euo pipefail

# Both brands have programs of the same kind, and a user that is called as they are.
brand=valkey
id valkey >/dev/null 2>&1 || brand=redis
# The ids of the official image.
old_user=$(id -u "$brand") old_group=$(id -g "$brand")
usermod --uid 999 "$brand"
groupmod --gid 999 "$brand"
find / -xdev -user "$old_user" -exec chown --no-dereference "$brand" {} +
find / -xdev -group "$old_group" -exec chgrp --no-dereference "$brand" {} +
install -d -o "$brand" -g "$brand" -m 1777 /data
"$brand-server" --version
command -v "$brand-cli" "$brand-benchmark"
