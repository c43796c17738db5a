#!/bin/bash
# Becomes the server. `archive` starts it once, until it is ready, so that it leaves a class data archive as it ends.
set -eu
archive=/nacos/classes.jsa
if [ "${1:-}" = archive ]; then
    flags=(-XX:ArchiveClassesAtExit=$archive -Xlog:cds*=error)
elif [ -s $archive ]; then
    flags=(-XX:SharedArchiveFile=$archive)
else
    flags=()
fi
# Hessian 4 first: an older one among the jars would shadow its classes.
path=/nacos/launcher.jar:$(ls /nacos/lib/hessian-4*.jar):$(ls /nacos/lib/*.jar | grep -v /hessian-4 | paste -sd :)
command=(java "-Xmx${JVM_XMX:-128m}" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData "${flags[@]}"
    -Dderby.system.durability=test -Dnacos.standalone=true -Dnacos.home=/nacos/home -Duser.home=/nacos/home
    -Dnacos.server.ip="${NACOS_SERVER_IP:-$(hostname -i)}"
    -cp "$path" NacosLauncher --spring.config.additional-location=file:/nacos/conf/)
if [ "${1:-}" != archive ]; then
    exec "${command[@]}"
fi
"${command[@]}" &
ready() {
    exec 3<>/dev/tcp/127.0.0.1/8848 || return 1
    printf 'GET /nacos/v3/admin/core/state/readiness HTTP/1.0\r\n\r\n' >&3
    head -n 1 <&3 | grep -q ' 200'
}
for _ in {1..120}; do
    if ready 2> /dev/null; then
        kill %1
        wait || true
        [ -s $archive ] || { echo "the JVM wrote no archive; starts will take twice as long" >&2; : > $archive; }
        rm -rf /nacos/home/*
        exit 0
    fi
    kill -0 %1 || exit 1
    sleep 0.5
done
echo "Nacos was not ready within 60 s" >&2
exit 1
