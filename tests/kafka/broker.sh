#!/bin/sh
# broker.sh DIR [PORT] - a real Kafka broker on this machine, in the foreground:
# it becomes the broker, so that its process id is the broker's, whom kill
# ends in an orderly way and kill -9 at once. Started again with the same DIR
# it goes on with its data, at the same addresses.
#
# DIR/bootstrap holds its address, DIR/guarded one where `guest` (password
# `guest`, SASL PLAIN) comes in and may do nothing; both are there before the
# broker answers. With DIR/broker.pem, a key and its certificate, DIR/secret
# holds one with TLS, where `writer` (password `writer`) may do all. PORT and the
# three after it are taken (default: free ones).
#
# The jars come from KAFKA_HOME/libs, else by Maven, once, into the cache of
# whoever runs it (XDG_CACHE_HOME). Exit status 77: neither is there.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)

missing() {
	echo "broker.sh: $*" >&2
	exit 77
}

command -v java > /dev/null || missing "no java here: tools/deps.sh kafka"
if [ "${KAFKA_HOME:-}" ]; then
	libs=$KAFKA_HOME/libs
else
	version=$(sed -n 's/.*<kafka.version>\(.*\)<.*/\1/p' "$here/pom.xml")
	libs=${XDG_CACHE_HOME:-$HOME/.cache}/mql/kafka-$version
	if [ ! -d "$libs" ]; then
		command -v mvn > /dev/null ||
			missing "no mvn and no KAFKA_HOME: tools/deps.sh kafka"
		# Whole or not at all, though two of us begin at once.
		mkdir -p "${libs%/*}"
		fresh=$(mktemp -d -p "${libs%/*}")
		mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies \
			-DincludeScope=runtime -DoutputDirectory="$fresh" >&2 ||
			{ rm -rf "$fresh"; missing "Maven cannot get the jars"; }
		mv -T "$fresh" "$libs" 2> /dev/null || rm -rf "$fresh"
	fi
fi

taken() { # is one of PORT to PORT + 3 listened on?
	awk -v first="$1" 'FNR > 1 && $4 == "0A" {
		split($2, at, ":")
		for (i = 0; i < 4; i++)
			if (at[2] == sprintf("%04X", first + i))
				bad = 1
	} END { exit !bad }' /proc/net/tcp /proc/net/tcp6
}

# Below the ports that the kernel gives out, so that nobody gets ours while
# the broker is down.
free_port() {
	while :; do
		port=$((10000 + $(od -An -N2 -tu2 /dev/urandom) % 20000))
		taken "$port" || break
	done
	echo "$port"
}

if [ ! -f "$dir/server.properties" ]; then
	port=${2:-$(free_port)}
	sed -e "s|@DATA@|$dir/data|; s|@PORT@|$port|g" \
		-e "s|@GUARDED_PORT@|$((port + 1))|g" \
		-e "s|@CONTROLLER_PORT@|$((port + 2))|g" \
		"$here/server.properties" > "$dir/server.properties"
	echo "127.0.0.1:$port" > "$dir/bootstrap"
	echo "127.0.0.1:$((port + 1))" > "$dir/guarded"
	if [ -f "$dir/broker.pem" ]; then
		secret=SECRET://127.0.0.1:$((port + 3))
		sed -i -e "s|^\(listeners=.*\)|\1,$secret|" \
			-e "s|^\(advertised.listeners=.*\)|\1,$secret|" \
			-e 's|^\(listener.security.*\)|\1,SECRET:SASL_SSL|' \
			-e 's|^\(super.users=.*\)|\1;User:writer|' \
			"$dir/server.properties"
		cat >> "$dir/server.properties" <<END
listener.name.secret.ssl.keystore.type=PEM
listener.name.secret.ssl.keystore.location=$dir/broker.pem
listener.name.secret.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_writer="writer";
END
		echo "127.0.0.1:$((port + 3))" > "$dir/secret"
	fi
fi

log=-Dlog4j2.configurationFile=$here/log4j2.properties
if [ ! -f "$dir/data/meta.properties" ]; then
	# Letters and digits only: one that began with - would be an option.
	id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'xy' | tr -d =)
	java -Xmx256m -XX:TieredStopAtLevel=1 "$log" -cp "$libs/*" \
		kafka.tools.StorageTool format -t "$id" \
		-c "$dir/server.properties" >&2
fi
exec java -Xms256m -Xmx512m -XX:+UseSerialGC "$log" -cp "$libs/*" \
	kafka.Kafka "$dir/server.properties"
