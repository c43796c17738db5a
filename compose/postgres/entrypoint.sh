#!/bin/sh
# Makes the cluster where there is none, then becomes the server: process 1 must be the one that is sent the stop signal.
set -eu
user=${POSTGRES_USER:-postgres}
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    umask 077
    printf '%s' "${POSTGRES_PASSWORD:?must be set}" > "$PGDATA/../password"
    initdb --username="$user" --pwfile="$PGDATA/../password" --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync
    rm "$PGDATA/../password"
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
    if [ "${POSTGRES_DB:-postgres}" != postgres ]; then
        echo "CREATE DATABASE \"$POSTGRES_DB\"" | postgres --single -D "$PGDATA" postgres > /dev/null
    fi
fi
unset POSTGRES_PASSWORD
exec "$@"
