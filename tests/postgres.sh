# A PostgreSQL that only this run uses: in a temporary folder, on a port of its own, gone at the end.
# Sourced by tests/run. start_postgres exports ONETHING_TEST_POSTGRES.

postgres_data=

# PostgreSQL refuses to be root.
as_postgres() {
  if [ "$(id -u)" -eq 0 ]; then
    (cd / && runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

start_postgres() {
  local bin port try
  bin=$(postgres_folder)
  postgres_data=$(mktemp -d)
  chmod 755 "$postgres_data"
  [ "$(id -u)" -ne 0 ] || chown postgres "$postgres_data"
  as_postgres "$bin/initdb" --pgdata "$postgres_data/data" --username postgres --auth trust \
    --encoding UTF8 --locale C >"$tools/postgres.log"
  for try in 1 2 3 4 5 6 7 8; do
    port=$((20000 + RANDOM % 12000))
    if as_postgres "$bin/pg_ctl" start --silent --wait --pgdata "$postgres_data/data" \
      --log "$postgres_data/log" \
      --options "-p $port -c listen_addresses=127.0.0.1 -c max_connections=400 -k $postgres_data"; then
      export ONETHING_TEST_POSTGRES=postgres://postgres@127.0.0.1:$port/postgres
      echo "$("$bin/postgres" --version) on port $port"
      return
    fi
    echo "port $port did not do; trying another (attempt $try)"
  done
  cat "$postgres_data/log" >&2
  return 1
}

stop_postgres() {
  [ -n "$postgres_data" ] || return 0
  as_postgres "$(postgres_folder)/pg_ctl" stop --silent --mode immediate \
    --pgdata "$postgres_data/data" >/dev/null 2>&1 || true
  rm -rf "$postgres_data"
  postgres_data=
}
