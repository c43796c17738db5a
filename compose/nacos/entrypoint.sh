#!/bin/bash
# Becomes the Nacos server.
set -eu
ready=(8848 /nacos/v3/admin/core/state/readiness)
# Hessian 4 first: an older one among the jars would shadow its classes.
path=/server/launcher.jar:$(ls /server/lib/hessian-4*.jar):$(ls /server/lib/*.jar | grep -v /hessian-4 | paste -sd :)
server() {
    command=(java "-Xmx${JVM_XMX:-128m}" "$@"
        -Dderby.system.durability=test -Dnacos.standalone=true -Dnacos.home=/server/home -Duser.home=/server/home
        -Dnacos.server.ip="${NACOS_SERVER_IP:-$(hostname -i)}"
        -cp "$path" NacosLauncher --spring.config.additional-location=file:/server/conf/)
}
. /usr/local/bin/run.sh
