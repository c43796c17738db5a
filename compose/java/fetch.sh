#!/bin/sh
# fetch.sh FOLDER: the server's jars and its launcher. Taken from ./given where the machine has fetched them before; else by
# Maven. Every hash must be the pinned one either way.
set -eu
to=$1
mkdir -p "$to"
if [ -e given/launcher.jar ]; then
    cp -r given/lib given/launcher.jar "$to"
else
    mkdir -p /usr/share/man/man1
    apt-get update
    apt-get install -y --no-install-recommends ca-certificates
    update-ca-certificates
    apt-get install -y --no-install-recommends openjdk-17-jdk-headless maven
    mvn -q -B -f pom.xml dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$to/lib"
    javac --release 17 -d classes -cp "$to/lib/*" java/*.java
    [ ! -d java/META-INF ] || cp -r java/META-INF classes/
    (cd classes && jar cfM "$to/launcher.jar" .)
fi
(cd "$to/lib" && sed 's/  */  /' /build/jars.sha256 | sha256sum --check --quiet --strict)
[ "$(ls "$to/lib" | wc -l)" = "$(wc -l < jars.sha256)" ]
