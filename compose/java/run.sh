# Sourced by an entry point that has defined `server FLAGS...`, which prints nothing and sets `command`, and `ready`, a port
# and a path. Becomes the server; with the argument `archive` starts it once, until it is ready, so that it leaves a class data
# archive as it ends: that halves every later start.
archive=/server/classes.jsa
common=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData)
if [ "${1:-}" != archive ]; then
    [ ! -s $archive ] || common+=(-XX:SharedArchiveFile=$archive)
    server "${common[@]}" ${JAVA_OPT:-}
    exec "${command[@]}"
fi

answers() {
    exec 3<>"/dev/tcp/127.0.0.1/${ready[0]}" || return 1
    printf 'GET %s HTTP/1.0\r\n\r\n' "${ready[1]}" >&3
    head -n 1 <&3 | grep -q ' 200'
}

server "${common[@]}" -XX:ArchiveClassesAtExit=$archive -Xlog:cds*=error
"${command[@]}" &
for _ in {1..120}; do
    if answers 2> /dev/null; then
        kill %1
        wait || true
        [ -s $archive ] || { echo "the JVM wrote no archive; starts will take twice as long" >&2; : > $archive; }
        rm -rf /server/home/*
        exit 0
    fi
    kill -0 %1 || exit 1
    sleep 0.5
done
echo "the server was not ready within 60 s" >&2
exit 1
