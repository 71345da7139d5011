#!/usr/bin/env bash
# Runs before the server: writes the statements that set its passwords, and initialises an empty volume.
#
# VOLUME_DIR, DATA_DIR   mount of the replica's volume, and the data directory below it
# RUN_DIR                directory in memory, shared with the server
# CONFIG_FILE            the server's option file
# CREDENTIALS_DIR        files root-password and password
# DATABASE, USERNAME     created if they are missing; the user gets all rights on the database
set -euo pipefail

fail() {
  echo "prepare: $*" >&2
  exit 1
}

# A credential without the newlines that it may end in, of either kind: what the component takes for the password.
read_credential() {
  local file="$CREDENTIALS_DIR/$1" value
  [[ -r "$file" ]] || fail "the Secret has no key for $1"
  value="$(<"$file")"
  while [[ "$value" == *[$'\r\n'] ]]; do value="${value%?}"; done
  [[ -n "$value" ]] || fail "the Secret's value for $1 is empty"
  [[ "$value" != *$'\n'* ]] || fail "the Secret's value for $1 has more than one line"
  [[ "$value" != "<"*">" ]] || fail "the Secret's value for $1 is the placeholder of rendered manifests:" \
    "render them with --secrets-file, or write a password of your own into the Secret"
  printf '%s' "$value"
}

# A text as a literal of SQL.
quote() {
  local text="$1"
  text="${text//\\/\\\\}"
  printf "'%s'" "${text//\'/\\\'}"
}

# In GRANT, the database's name is a pattern in which '_' stands for any character.
grant_pattern() {
  printf '%s' "${1//_/\\_}"
}

# The Secret is the truth for passwords, at every start. Nothing of it goes into the binary log.
write_init_file() {
  local root_password password user
  root_password="$(read_credential root-password)"
  password="$(read_credential password)"
  user="$(quote "$USERNAME")@'%'"
  (
    umask 077
    {
      echo "SET SESSION sql_log_bin = OFF;"
      echo "SET SESSION sql_mode = '';"
      # For the probes: no rights, and only through the socket. Without it every probe would be a failed login.
      echo "CREATE USER IF NOT EXISTS 'stateful_probe'@'localhost';"
      echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $(quote "$root_password");"
      echo "CREATE DATABASE IF NOT EXISTS \`$DATABASE\`;"
      echo "CREATE USER IF NOT EXISTS $user IDENTIFIED BY $(quote "$password");"
      echo "ALTER USER $user IDENTIFIED BY $(quote "$password");"
      echo "GRANT ALL ON \`$(grant_pattern "$DATABASE")\`.* TO $user;"
    } >"$RUN_DIR/init.sql"
  )
}

# Initialised aside and renamed: a start that is cut short leaves no half of a database behind.
initialise_empty_volume() {
  local unfinished="$VOLUME_DIR/.initialising"
  if [[ -d "$DATA_DIR/mysql" ]]; then
    return
  fi
  if [[ -e "$DATA_DIR" ]]; then
    fail "$DATA_DIR is there, but is no database: look at it, and move it away to begin with an empty one"
  fi
  echo "prepare: the volume is empty; initialising a new database"
  rm -rf "$unfinished"
  mysqld --defaults-file="$CONFIG_FILE" --datadir="$unfinished" --initialize-insecure
  mv "$unfinished" "$DATA_DIR"
}

main() {
  write_init_file
  initialise_empty_volume
}

main
