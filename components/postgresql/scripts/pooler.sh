#!/bin/bash
# Runs PgBouncer with its own password from the Secret, and has it read what has changed: that password, the
# certificate, the settings. Ends when PgBouncer does, with its status.
set -euo pipefail

config=${POOLER_CONFIG:-/etc/stateful/config}
credentials=${POOLER_CREDENTIALS:-/etc/stateful/credentials}
certificate=${POOLER_CERTIFICATE:-/etc/stateful/tls}
run=${POOLER_RUN:-/run/pgbouncer}
child=0
stopping=

write_list() {
  local password
  password=$(<"$credentials/pooler-password")
  (
    umask 077
    printf '"stateful_pooler" "%s"\n' "${password//\"/\"\"}" >"$run/userlist.txt.new"
  )
  mv "$run/userlist.txt.new" "$run/userlist.txt"
}

fingerprint() {
  cat "$config/pgbouncer.ini" "$credentials/pooler-password" "$certificate"/{ca.crt,tls.crt,tls.key} | sha256sum
}

# A file may be away for a moment, while it is exchanged.
watch() {
  local now
  trap - TERM
  while sleep "${POOLER_INTERVAL:-5}" && kill -0 "$$" 2>/dev/null; do
    now=$(fingerprint) || continue
    if [[ $now == "$seen" ]] || ! write_list; then continue; fi
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
write_list
pgbouncer "$config/pgbouncer.ini" &
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
