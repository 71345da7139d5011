#!/bin/bash
# Cassandra's part of supervise.sh, which sets what is not set here.
# shellcheck disable=SC2154

# The Java machine's status where it was told to end.
is_restart() { [ "$1" -eq 143 ]; }

# The server has no way of looking at its settings alone.
check_settings() { :; }

make_data() { mkdir -p "$1"; }

# The library that measures objects in memory has its version in its name.
run_server() {
  local program=$1 arguments agent
  shift
  mapfile -t arguments <"$control/arguments"
  for agent in /opt/cassandra/lib/jamm-*.jar; do arguments+=("-javaagent:$agent"); done
  cd "$volume/data" || exit 1
  exec "$program" "${arguments[@]}" "$@"
}

# By the server's own tool, on the pod's loopback address: it takes these by no other way.
run_request() {
  local order
  case $1 in
  decommission | reloadssl) order=("$1") ;;
  # All rows, with those of the others that are up; who is away is who has lost them.
  repair) order=(repair --full --force) ;;
  *) return 64 ;;
  esac
  java -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Duser.home=/tmp -Dcom.sun.jndi.rmiURLParsing=legacy \
    --add-exports=java.base/sun.nio.ch=ALL-UNNAMED --add-exports=java.base/jdk.internal.ref=ALL-UNNAMED \
    --add-opens=java.base/sun.nio.ch=ALL-UNNAMED --add-opens=java.base/jdk.internal.ref=ALL-UNNAMED \
    -Dlogback.configurationFile=/run/server/logback.xml -cp '/opt/cassandra/lib/*' org.apache.cassandra.tools.NodeTool "${order[@]}"
}

kill_server() { kill -KILL "$child" 2>/dev/null; }

# It drains: tells the others, lets no client in, and writes what is in memory to the disk.
see_end() { :; }

stop_signal() { echo TERM; }
