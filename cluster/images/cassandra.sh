#!/usr/bin/env bash
# Runs inside the image when its packages are in.
set -euo pipefail

# The ids of the official image.
groupadd --system --gid 999 cassandra
useradd --system --uid 999 --gid 999 --no-create-home --home-dir /var/lib/cassandra --shell /usr/sbin/nologin cassandra
install -d -o cassandra -g cassandra -m 0777 /var/lib/cassandra
java -version
