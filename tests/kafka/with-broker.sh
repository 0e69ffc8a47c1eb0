#!/bin/bash
# with-broker.sh BUILD COMMAND...: run it with KAFKA_BOOTSTRAP set: to the one that
# is given, else to a real broker of our own, else, where there is no Java, to
# librdkafka's mock cluster.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$1
shift
[ -z "${KAFKA_BOOTSTRAP:-}" ] || exec "$@"

work=$(mktemp -d)
pid=
finish() {
	status=$?
	trap - EXIT INT TERM
	[ -z "$pid" ] || kill "$pid" 2> /dev/null || :
	wait 2> /dev/null || :
	rm -rf "$work"
	exit $status
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$here/broker.sh" "$work/kafka" > "$work/broker.out" 2>&1 &
pid=$!
tries=240
until [ -s "$work/kafka/bootstrap" ] &&
	kcat -L -m 1 -b "$(cat "$work/kafka/bootstrap")" > /dev/null 2>&1; do
	tries=$((tries - 1))
	if ! kill -0 $pid 2> /dev/null || [ $tries = 0 ]; then
		break
	fi
	sleep 0.5
done
if kill -0 $pid 2> /dev/null && [ $tries != 0 ]; then
	KAFKA_BOOTSTRAP=$(cat "$work/kafka/bootstrap")
	# The broker makes none by itself.
	"$build/mql-sink-kafka" -b "$KAFKA_BOOTSTRAP" -t mql-bench -q 'select * limit 1' \
		--create --partitions 4 --http off > /dev/null 2> "$work/make.err" &
	maker=$!
	until grep -q 'is made' "$work/make.err"; do
		kill -0 $maker 2> /dev/null || { cat "$work/make.err"; exit 1; }
		sleep 0.1
	done
	kill $maker
	wait $maker || :
else
	tail -n 3 "$work/broker.out" >&2
	echo "no real broker here: librdkafka's mock cluster it is" >&2
	mkfifo "$work/in"
	"$build/mock-kafka" < "$work/in" > "$work/mock.out" &
	pid=$!
	exec 9> "$work/in"
	until [ -s "$work/mock.out" ]; do sleep 0.05; done
	KAFKA_BOOTSTRAP=$(cat "$work/mock.out")
fi
export KAFKA_BOOTSTRAP
"$@"
