#!/usr/bin/env bash
# Runs inside the image when its packages are in.
set -euo pipefail

# The user and the folders of the official image; any other user may run the server too.
groupadd --system --gid 999 mysql
useradd --system --uid 999 --gid 999 --home-dir /var/lib/mysql --no-create-home --shell /bin/bash mysql
install -d -o mysql -g mysql -m 1777 /var/lib/mysql /var/lib/mysql-files /var/run/mysqld
mysqld --version
for plugin in group_replication mysql_clone; do
  test -e "/usr/lib/mysql/plugin/$plugin.so"
done
command -v mysql mysqladmin mysqldump
