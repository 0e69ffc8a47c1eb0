#!/bin/bash
# The service's owner and the operator have the last word: an agent that is off
# by its environment, hidden fields and streams by environment, `mql off` and
# `mql on` with somebody asking, and the reasons that the asker hears. The
# books balance afterwards.
. "$(dirname "$0")/lib.sh"
cat > "$WORK/events.ndjson" <<'END'
{"n":1,"user":{"email":"secret@x","name":"Hidden","id":41},"ms":5}
{"n":2,"user.email":"secret@x","USER":{"Email":"secret@x"},"ms":6}
{"n":3,"us\u0065r":{"em\u0061il":"secret@x","email":"secret@x"},"ms":7}
{"n":4,"user":[{"email":"secret@x","name":"Hidden"},[{"email":"secret@x"}]]}
{"n":5,"user":{"id":41,"name":null,"deep":{"email":"stays"}},"ms":8}
END
source_job

agent_of() { "$BUILD/mql" agents -o json | jq -s 'flatten | .[0]'; }
answers() { # answers QUERY: its rows, of one pass over the events
	tap svc "$WORK/events.ndjson"
	local tap=$LAST asker
	until_true 10 agents_connected 1 || fail "no agent"
	ask rows "$1"
	asker=$LAST
	until_true 10 gone "$tap" || fail "tap goes on: $(cat "$WORK/rows.err")"
	wait "$tap" || fail "tap ended with status $?"
	until_true 10 agents_connected 0 || fail "the agent stays"
	stop "$asker" || fail "mql ended with status $?"
	! says "$WORK/rows.err" 'not balance' || fail "$(cat "$WORK/rows.err")"
}
# refused QUERY REASON: the asker hears it, and so does the operator.
refused() {
	local asker
	ask rows "$1"
	asker=$LAST
	until_true 10 says "$WORK/rows.err" "$2" ||
		fail "$1: no reason: $(cat "$WORK/rows.err")"
	"$BUILD/mql" queries -o json > "$WORK/queries"
	says "$WORK/queries" "$2" || fail "queries: $(cat "$WORK/queries")"
	stop "$asker" || fail "mql ended with status $?"
	tail -n 1 "$WORK/rows.err" | grep -q '1 agent refused' ||
		fail "closing: $(cat "$WORK/rows.err")"
}

# --- hidden fields, by environment
export MQL_AGENT_DENY="user.email" MQL_AGENT_MASK="user['name']"
export MQL_AGENT_HASH="*.id" MQL_AGENT_HASH_SECRET=fleet
answers "select *"
[ "$(wc -l < "$WORK/rows.out")" = 5 ] || fail "rows: $(cat "$WORK/rows.out")"
! grep -q 'secret@x\|Hidden\|41' "$WORK/rows.out" ||
	fail "it leaks: $(cat "$WORK/rows.out")"
hash=$(jq -r 'select(.n == 1).user.id' "$WORK/rows.out")
[[ $hash =~ ^[0-9a-f]{32}$ ]] || fail "no hash: $hash"
[ "$(jq -c 'select(.n == 1)' "$WORK/rows.out")" = \
	"{\"n\":1,\"user\":{\"name\":\"***\",\"id\":\"$hash\"},\"ms\":5}" ] ||
	fail "row 1: $(head -n 1 "$WORK/rows.out")"
[ "$(jq -c 'select(.n == 5)' "$WORK/rows.out")" = \
	"{\"n\":5,\"user\":{\"id\":\"$hash\",\"name\":null,\"deep\":{\"email\":\"stays\"}},\"ms\":8}" ] ||
	fail "row 5: $(tail -n 1 "$WORK/rows.out")"
say "ok: select * comes without them"
answers "select n, user where user.name == '***'"
[ "$(jq -sc 'map(.n)' "$WORK/rows.out")" = '[1]' ] ||
	fail "mask: $(cat "$WORK/rows.out")"
answers "select n where user.id == '$hash' or user.name == 'Hidden'"
[ "$(jq -sc 'map(.n)' "$WORK/rows.out")" = '[1,5]' ] ||
	fail "hash: $(cat "$WORK/rows.out")"
answers "select count(*) as c group by user.id order by c desc limit 1"
grep -q '"c":3' "$WORK/rows.out" || fail "group: $(cat "$WORK/rows.out")"
say "ok: where and group by see the mask and the hash"

tap svc "$WORK/events.ndjson" --loop --rate 100 --lossy
TAP=$LAST
until_true 10 agents_connected 1 || fail "no agent"
for query in "select user.email" "select * where e['user']['email'] == 'x'" \
	"select count(*) group by user.Email" "select n where user[*].email is null" \
	"select ms order by user.email window 1s"; do
	refused "$query" "is denied by the service's owner"
done
says "$WORK/rows.err" "field 'user.email' is denied" ||
	fail "the field is not named: $(cat "$WORK/rows.err")"
say "ok: $(grep denied "$WORK/rows.err")"
kill "$TAP" && wait "$TAP" || :
until_true 10 agents_connected 0 || fail "the agent stays"
unset MQL_AGENT_DENY MQL_AGENT_MASK MQL_AGENT_HASH MQL_AGENT_HASH_SECRET

# --- allowed streams, labels, health
MQL_AGENT_STREAMS=other MQL_AGENT_ZONE=eu-1 MQL_AGENT_LABELS=rack=7,canary=yes \
	tap svc "$WORK/events.ndjson" --stream requests
TAP=$LAST
until_true 10 agents_connected 1 || fail "no agent"
refused "select * from requests" \
	"stream 'requests' is not allowed by the service's owner"
refused "select * from requests sample 50% at labels.rack == '7'" \
	"stream 'requests' is not allowed by the service's owner"
measured() { agent_of | jq -e '.memory > 0 and has("cpu_us_per_s")'; }
until_true 10 measured > "$WORK/measured" || fail "no health: $(agent_of)"
[ "$(agent_of | jq -c '[.zone, .labels.rack, .labels.canary]')" = \
	'["eu-1","7","yes"]' ] || fail "labels: $(agent_of)"
"$BUILD/mql" agents -o table > "$WORK/table"
says "$WORK/table" memory || fail "$(cat "$WORK/table")"
say "ok: streams, labels and health"
kill "$TAP" && wait "$TAP" || :
until_true 10 agents_connected 0 || fail "the agent stays"

# --- off by environment: a stub that opens, publishes and connects to nobody
MQL_AGENT=off background stub "$BUILD/mql" tap --app off "$WORK/events.ndjson"
wait "$LAST" || fail "a tap that is off ended with status $?"
agents_connected 0 || fail "an agent that is off has connected"
say "ok: off by the environment"

# --- off and on, fleet-wide
printf '{"n":%d}\n' $(seq 1 1000) > "$WORK/numbers.ndjson"
for i in 1 2; do
	tap "tap$i" "$WORK/numbers.ndjson" --loop --rate 500 --lossy
done
until_true 10 agents_connected 2 || fail "no two agents"
ask rows "select n"
ASKER=$LAST
until_true 10 says "$WORK/rows.err" 'live on 2 of 2' || fail "not live"
until_true 10 lines_at_least "$WORK/rows.out" 100 || fail "no rows"
ask groups "select count(*) as c, n % 2 as odd group by n % 2 window 200ms"
GROUPER=$LAST
until_true 10 lines_at_least "$WORK/groups.out" 4 || fail "no groups"
USER=ann "$BUILD/mql" off "p99 is up" 2> "$WORK/off"
says "$WORK/off" 'switched off by ann@.* since .*Z: p99 is up' ||
	fail "off: $(cat "$WORK/off")"
until_true 5 says "$WORK/rows.err" '2 agents.*switched off by ann@.*p99 is up' ||
	fail "the asker is not told: $(cat "$WORK/rows.err")"
silent() {
	local before
	before=$(wc -l < "$WORK/rows.out")
	until_true 1 past $(($(now_ms) + 300)) || :
	[ "$before" = "$(wc -l < "$WORK/rows.out")" ]
}
until_true 5 silent || fail "rows still come"
tap late "$WORK/numbers.ndjson" --loop --rate 500 --lossy
until_true 10 agents_connected 3 || fail "no third agent"
until_true 10 says "$WORK/rows.err" '3 agents.*switched off by ann@' ||
	fail "the late agent is not told: $(cat "$WORK/rows.err")"
silent || fail "a late agent evaluates"
status=0
"$BUILD/mql" "select n where n == 1" > "$WORK/new.out" 2> "$WORK/new.err" ||
	status=$?
[ "$status" = 1 ] && says "$WORK/new.err" 'switched off by ann@.*p99 is up' ||
	fail "a new query: status $status, $(cat "$WORK/new.err")"
"$BUILD/mql" queries -o json | jq -se 'flatten | .[0] |
	.live == 0 and .refused == 3 and .refusals[0].agents == 3' \
	> "$WORK/verdict" || fail "$("$BUILD/mql" queries -o json)"
say "ok: off: $(cat "$WORK/new.err")"
before=$(wc -l < "$WORK/rows.out")
"$BUILD/mql" on
until_true 10 lines_at_least "$WORK/rows.out" $((before + 500)) ||
	fail "no rows after on: $(cat "$WORK/rows.err")"
live_on() { # all queries
	"$BUILD/mql" queries -o json |
		jq -se "flatten | length > 0 and all(.live == $1)" \
		> "$WORK/verdict"
}
until_true 10 live_on 3 || fail "not live on three after on"
for i in 1 2 3 4 5; do # faster than an agent may answer
	"$BUILD/mql" off -q
	"$BUILD/mql" on -q
done
until_true 10 live_on 3 || fail "not live on three after much switching"
before=$(wc -l < "$WORK/rows.out")
until_true 10 lines_at_least "$WORK/rows.out" $((before + 500)) ||
	fail "no rows after much switching"
before=$(wc -l < "$WORK/groups.out")
until_true 10 lines_at_least "$WORK/groups.out" $((before + 4)) ||
	fail "no groups after much switching"
stop "$GROUPER" || fail "mql ended with status $?"
stop "$ASKER" || fail "mql ended with status $?"
for name in rows groups; do
	! says "$WORK/$name.err" 'not balance' || fail "$(cat "$WORK/$name.err")"
	! says "$WORK/$name.err" 'lost .* on the link' ||
		fail "$(cat "$WORK/$name.err")"
done
say "ok: groups: $(tail -n 1 "$WORK/groups.err")"
say "ok: on again: $(tail -n 1 "$WORK/rows.err")"

# --- off while nobody can be resumed: the asker leaves meanwhile
ask rows "select n"
ASKER=$LAST
until_true 10 says "$WORK/rows.err" 'live on 3 of 3' || fail "not live"
"$BUILD/mql" off -q
stop "$ASKER" || fail "mql ended with status $?"
! says "$WORK/rows.err" 'not balance' || fail "$(cat "$WORK/rows.err")"
[ "$("$BUILD/mql" queries -o json | jq -s 'flatten | length')" = 0 ] ||
	fail "a query without an asker stays"
"$BUILD/mql" on -q
"$BUILD/mql" --limit 10 "select n" > "$WORK/ten"
[ "$(wc -l < "$WORK/ten")" = 10 ] || fail "no rows at the end"
say "ok: who leaves while it is off is let go"
