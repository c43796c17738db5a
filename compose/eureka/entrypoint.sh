#!/bin/bash
# Becomes the Eureka server, which is configured by its environment, as any Spring Boot application.
set -eu
ready=(8761 /eureka/apps)
path=/server/launcher.jar:$(ls /server/lib/*.jar | paste -sd :)
server() {
    command=(java "-Xmx${JVM_XMX:-64m}" "$@" -Djava.io.tmpdir=/server/home -cp "$path" EurekaLauncher)
}
export SERVER_PORT="${SERVER_PORT:-8761}"
. /usr/local/bin/run.sh
