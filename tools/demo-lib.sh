# demo-lib.sh - what the demos have in common: processes that are started, waited
# for and ended, in $work, a folder that is gone at the end. Sourced.
# shellcheck shell=sh
work=$(mktemp -d)
pids=

# End what we started, by its id, and wait until it is gone.
finish() {
	status=$?
	trap - EXIT INT TERM HUP
	for pid in $pids; do
		kill "$pid" 2> /dev/null || :
	done
	wait
	rm -rf "$work"
	exit $status
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

bold= plain=
if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

start() { # NAME COMMAND...
	name=$1
	shift
	"$@" > "$work/$name.out" 2> "$work/$name.err" < /dev/null &
	pids="$pids $!"
}

endpoint() { # PROGRAM WHAT, as it said when it was ready
	sed -n "s/.*\"$2\": *\"\([^\"]*\)\".*/\1/p" "$work/$1.out"
}

# Wait until the command holds, twenty seconds at most.
await() {
	tries=400
	until "$@" > /dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { cat "$work"/*.err; exit 1; }
		sleep 0.05
	done
}
ready() { grep -q '"ready"' "$work/$1.out"; }

start_source_job() { # HTTP; whom agents and mql then speak to
	start source-job "$build/mql-source-job" --agents tcp://127.0.0.1:0 \
		--subscribers tcp://127.0.0.1:0 --http "$1"
	await ready source-job
	MQL_AGENT_SOURCE_JOB=$(endpoint source-job agents)
	MQL_SOURCE_JOB=$(endpoint source-job subscribers)
	export MQL_AGENT_SOURCE_JOB MQL_SOURCE_JOB
}
