#!/bin/sh
# Makes the data folder where there is none, then becomes the server: process 1 must be the one that is sent the stop
# signal. Nothing of Debian's configuration is read: what the server is to be stands in its arguments.
set -eu
data=/var/lib/mysql
if [ "$1" = mariadbd ]; then
    shift
    set -- mariadbd --no-defaults --datadir=$data --socket=/run/mysqld/mysqld.sock "$@"
    if [ ! -d $data/mysql ]; then
        umask 077
        mariadb-install-db --no-defaults --datadir=$data --skip-test-db --auth-root-authentication-method=socket
        cat > /run/mysqld/first.sql <<END
CREATE USER 'root'@'%' IDENTIFIED BY '${MARIADB_ROOT_PASSWORD:?must be set}';
GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;
END
        set -- "$@" --init-file=/run/mysqld/first.sql
    fi
fi
unset MARIADB_ROOT_PASSWORD
exec "$@"
