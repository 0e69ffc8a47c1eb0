#!/bin/sh
# demo.sh BUILD - watch it work: a source-job, four services that publish, and
# three questions. On a terminal it then offers them to your browser until you
# stop it; elsewhere it ends by itself. Leaves nothing behind.
set -eu

build=$1
log=../shared/data/apache-access.ndjson.zst # real, where it is at hand
. tools/demo-lib.sh

say() { printf '%s\n' "$@"; }

# Ask as a user would; a question that fails ends the demo.
ask() {
	printf '\n%s$ mql' "$bold"
	for arg; do
		case $arg in *[!a-z0-9-]*) arg="\"$arg\"" ;; esac
		printf ' %s' "$arg"
	done
	printf '%s\n' "$plain"
	"$build/mql" "$@"
}

all_there() {
	[ "$("$build/mql" agents -o json | grep -o '"app"' | wc -l)" -ge 4 ]
}

title 'mql: ask a running fleet a question'
say 'A source-job on free ports of this machine takes questions to the agents' \
	'and rows back:'
start_source_job 127.0.0.1:0
say "  agents       $MQL_AGENT_SOURCE_JOB" "  subscribers  $MQL_SOURCE_JOB"

say 'Three services that embed the agent (examples/playback.c; what they' \
	'publish is simulated, 90 requests a second each):'
seed=0
for zone in us-east-1 eu-west-1 sa-east-1; do
	seed=$((seed + 1))
	say "  playback     $zone"
	start "playback-$seed" "$build/examples/playback" --zone "$zone" \
		--seed $seed --rate 30 --threads 3
done
if [ -r "$log" ] && command -v zstd > /dev/null; then
	say 'And a tap of a real access log (one of 2015, played in a loop):'
	zstd -qdc "$log" > "$work/access.ndjson"
else
	say 'And a tap of an access log (simulated, played in a loop):'
	tools/access-log.sh > "$work/access.ndjson"
fi
say '  mql tap --app web --stream access --rate 500 --loop access.ndjson'
start tap "$build/mql" tap --app web --stream access --rate 500 --loop \
	"$work/access.ndjson"
await all_there

title '1. Who watches from Brazil on an iPad, right now?'
say 'The question goes into each process; only rows that match leave it.'
ask --limit 5 --for 8s "select * where country=='BR' and device=='ipad'"

title '2. Which playbacks took longer than 0.4 s, and in which zone?'
say 'Only the columns asked for are copied.'
ask --limit 8 --for 8s -o table "select @zone, title, device, latency_ms, \
headers.user_agent as player from requests where latency_ms > 400"

title '3. What does the web server not find?'
say 'The same, of JSON text that nobody parsed or stored: watch for 3 seconds.'
ask --for 3s "select clientip, request.path as path from access \
where response == 404"

title 'What each answer said of itself'
say 'The last line counts: rows, agents that answered, events seen and matched,' \
	'and what was dropped, by cause. While nobody asks, publishing costs the' \
	'services one load and a branch.'

title 'Try next'
printf '  %-50s %s\n' \
	"$build/mql-source-job" 'in one terminal' \
	"$build/examples/playback" 'in another, or in several' \
	"$build/mql \"select * where status >= 500\"" 'in a third; ^C ends it' \
	"$build/mql eval --help" 'the same language over files' \
	'README.md' 'how to embed it in your service'

# Only somebody who is there can look at a page, and say when it is enough.
[ -t 0 ] && [ -t 1 ] || exit 0

title 'The same in your browser'
start sink "$build/mql-sink-sse" --listen 127.0.0.1:0 \
	--source-job "$MQL_SOURCE_JOB"
await ready sink
say "  $bold$(endpoint sink http)/$plain" '' \
	'The services go on publishing. Ask there, for example:' \
	"  select * where country=='BR'" \
	'  select country, count(*) as n, p99(latency_ms) from requests group by' \
	'    country window 2s' '' \
	'Enter or ^C stops the page, the source-job and the services.'
trap 'echo; exit 0' INT
read -r _ || wait "$!" # nobody types any more: until a signal
