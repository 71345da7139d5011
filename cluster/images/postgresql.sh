#!/usr/bin/env bash
# Runs inside the image when its packages are in.
set -euo pipefail

version=$(ls /usr/lib/postgresql)
# Debian makes a first database at once; a container's lies on its volume.
pg_dropcluster --stop "$version" main
# The ids of the official image.
old_user=$(id -u postgres) old_group=$(id -g postgres)
usermod --uid 999 postgres
groupmod --gid 999 postgres
find / -xdev -user "$old_user" -exec chown --no-dereference postgres {} +
find / -xdev -group "$old_group" -exec chgrp --no-dereference postgres {} +
install -d -o postgres -g postgres -m 1777 /var/run/postgresql /var/lib/postgresql/data
"/usr/lib/postgresql/$version/bin/postgres" --version
patroni --version
pgbackrest version
