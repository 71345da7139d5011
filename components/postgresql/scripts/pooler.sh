#!/bin/bash
# Runs PgBouncer with its own account from the Secret, and has it read what has changed: that account, the
# certificate, the settings. Ends when PgBouncer does, with its status.
set -euo pipefail

config=${POOLER_CONFIG:-/etc/stateful/config}
credentials=${POOLER_CREDENTIALS:-/etc/stateful/credentials}
certificate=${POOLER_CERTIFICATE:-/etc/stateful/tls}
run=${POOLER_RUN:-/run/pgbouncer}
child=0
stopping=

# The settings name the account that is meant where the Secret names none.
write_login() {
  local user=stateful_pooler password
  if [[ -e $credentials/pooler-username ]]; then user=$(<"$credentials/pooler-username"); fi
  if [[ ! $user =~ ^stateful_pooler(_[ab])?$ ]]; then
    echo "the Secret's pooler-username must be stateful_pooler, stateful_pooler_a or stateful_pooler_b" >&2
    return 1
  fi
  password=$(<"$credentials/pooler-password") || return
  (
    umask 077
    printf '"%s" "%s"\n' "$user" "${password//\"/\"\"}" >"$run/userlist.txt.new"
  ) || return
  sed "s/^auth_user = .*/auth_user = $user/" "$config/pgbouncer.ini" >"$run/pgbouncer.ini.new" || return
  mv "$run/userlist.txt.new" "$run/userlist.txt" && mv "$run/pgbouncer.ini.new" "$run/pgbouncer.ini"
}

fingerprint() {
  cat "$config/pgbouncer.ini" "$credentials"/pooler-* "$certificate"/{ca.crt,tls.crt,tls.key} | sha256sum
}

# A file may be away for a moment, while it is exchanged.
watch() {
  local now
  trap - TERM
  while sleep "${POOLER_INTERVAL:-5}" && kill -0 "$$" 2>/dev/null; do
    now=$(fingerprint) || continue
    if [[ $now == "$seen" ]] || ! write_login; then continue; fi
    seen=$now
    kill -HUP "$child"
  done
}

# INT lets transactions end, then leaves clients; TERM would wait for clients to leave.
on_term() {
  stopping=1
  if [[ $child -gt 0 ]]; then kill -INT "$child" 2>/dev/null || true; fi
}
trap on_term TERM

# A client takes a file: the soft limit may be far below what is allowed.
ulimit -S -n "$(ulimit -H -n)"
seen=$(fingerprint)
write_login
pgbouncer "$run/pgbouncer.ini" &
child=$!
if [[ -n $stopping ]]; then on_term; fi
watch &
watcher=$!

# A signal ends `wait`, but not PgBouncer.
code=0
while kill -0 "$child" 2>/dev/null; do
  code=0
  wait "$child" || code=$?
done
kill "$watcher" 2>/dev/null || true
exit "$code"
