#!/usr/bin/env bash
# A private PostgreSQL cluster for one run, from the Debian package; gone when the run ends.
#
#   tests/support/pg.sh COMMAND...   runs COMMAND with TEST_DATABASE_URL set, ends with its exit code
#   tests/support/pg.sh              prints the address and waits until it is interrupted
#
# The cluster lies in PG_FOLDER, else in TMPDIR.
set -euo pipefail

fail() {
  echo "pg.sh: $*" >&2
  exit 1
}

# The newest server that is installed; PG_BIN names another one.
server=${PG_BIN:-$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)}
[ -x "$server/initdb" ] || fail "no PostgreSQL server in $server; install the Debian package 'postgresql' or set PG_BIN"

# PostgreSQL refuses to run as root, so root hands the cluster to the package's own user.
as_owner=()
owner=$(id -un)
if [ "$(id -u)" = 0 ]; then
  owner=postgres
  id "$owner" >/dev/null 2>&1 || fail "root needs the user '$owner' of the Debian package"
  as_owner=(setpriv --reuid="$owner" --regid="$owner" --init-groups --)
fi

folder=$(mktemp -d "${PG_FOLDER:-${TMPDIR:-/tmp}}/regulars-pg.XXXXXX")
child=""

# shellcheck disable=SC2317 # called by the traps
stop() {
  trap - EXIT INT TERM HUP
  if [ -n "$child" ]; then
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  pg_ctl stop --mode=immediate --silent 2>/dev/null || true
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The owner may not be allowed to stand in the caller's folder, hence the change of folder.
pg_ctl() { (cd "$folder" && "${as_owner[@]}" "$server/pg_ctl" --pgdata="$folder/data" "$@" </dev/null); }

# A password, although all is on loopback: a superuser without one would lend the server's rights to every local user.
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '%s\n' "$password" >"$folder/password"
chown -R "$owner" "$folder"
(cd "$folder" && "${as_owner[@]}" "$server/initdb" --pgdata="$folder/data" --username=regulars --pwfile="$folder/password" \
  --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 </dev/null >"$folder/initdb.log" 2>&1) ||
  { cat "$folder/initdb.log" >&2; fail "initdb failed"; }

# fsync stays on: what the tests prove about crashes and commits has to hold on a real server.
settings="listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
max_connections = 300
shared_buffers = 64MB
max_wal_size = 512MB
wal_level = minimal
max_wal_senders = 0"
printf '%s\n' "$settings" >>"$folder/data/postgresql.conf"

# Another process may take a port between choosing and binding, so a start may need another number.
port=""
for _ in 1 2 3 4 5 6 7 8 9 10; do
  try=$((20000 + RANDOM % 12000))
  if pg_ctl start --wait --timeout=60 --silent --log="$folder/server.log" -o "-p $try"; then
    port=$try
    break
  fi
  grep -q 'could not bind' "$folder/server.log" || break
done
[ -n "$port" ] || { tail -n 20 "$folder/server.log" >&2; fail "the server did not start"; }

TEST_DATABASE_URL="postgres://regulars:$password@127.0.0.1:$port/postgres"
export TEST_DATABASE_URL

if [ $# -eq 0 ]; then
  echo "$TEST_DATABASE_URL"
  set -- sleep infinity
fi
# In the background, because a trap waits for a foreground command and an interrupted run would leave its server behind.
# The double redirection hands standard input on, which bash would otherwise close for a background command.
"$@" <&0 &
child=$!
code=0
wait "$child" || code=$?
child=""
exit "$code"
