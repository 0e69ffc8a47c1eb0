#!/bin/bash
# `mql fields` and its HTTP door tell what a stream is made of: what events
# were looked at, and of how many agents; never what the owner hides.
. "$(dirname "$0")/lib.sh"
jq -nc 'range(1000) | {n: ., big: 9007199254740993, kind: ["a","b"][. % 2],
	device: {os: "tv"}, tags: ["x", "y"], secret: "s"} |
	if .n % 4 == 0 then .rare = true else . end' | sed 's/740992/740993/' \
	> "$WORK/events.ndjson"

fields() { "$BUILD/mql" fields "$@" 2> "$WORK/fields.err"; }
status=0
fields access --source-job tcp://127.0.0.1:9 > /dev/null || status=$?
[ $status = 3 ] || fail "nobody to talk to: status $status"
fields 2> /dev/null && fail "no stream, and no complaint"

source_job
background sink "$BUILD/mql-sink-sse" --listen 127.0.0.1:0
until_true 10 says "$WORK/sink.out" '"ready"' || fail "no sink"
AT=$(jq -r .http "$WORK/sink.out")

# --- nothing is an answer, too ------------------------------------------------
[ -z "$(fields nothing --for 100ms)" ] || fail "fields of nothing"
grep -q 'of 0 events of nothing.* 0 of 0 agents' "$WORK/fields.err" ||
	fail "$(cat "$WORK/fields.err")"
say "ok: nothing"

# --- a stream --------------------------------------------------------------------
MQL_AGENT_DENY=secret tap web "$WORK/events.ndjson" --stream app --loop --rate 2000
told() { fields app --limit 400 --for 20s -o json > "$WORK/fields.json" &&
	[ -s "$WORK/fields.json" ]; }
until_true 20 told || fail "no fields: $(cat "$WORK/fields.err")"
grep -q 'of 400 events of app.* 1 of 1 agent;' "$WORK/fields.err" ||
	fail "$(cat "$WORK/fields.err")"
jq -se 'map({key: .path, value: .}) | from_entries |
	(keys - ["secret"] == ["big", "device.os", "kind", "n", "rare",
		"tags", "tags[*]"]) and
	.kind.distinct == 2 and .kind.presence == 100 and
	([.kind.top[].n] | add) == 400 and (.rare.presence | . > 20 and . < 30) and
	.n.types == ["integer"] and .n.more and
	.["tags[*]"].top == [{value: "x", n: 400}, {value: "y", n: 400}]
	' "$WORK/fields.json" > /dev/null || fail "$(cat "$WORK/fields.json")"
grep -q '"min":9007199254740993,' "$WORK/fields.json" || fail "digits are lost"
fields app --limit 100 -o table | grep -q '^device\.os *string *100% *1 *tv *tv *tv 100%$' ||
	fail "$(fields app --limit 100 -o table)"
fields app --limit 100 -o csv | grep -q '^path,types,rows,presence,' ||
	fail "no header"
say "ok: fields of a stream"

# --- the door ----------------------------------------------------------------------
curl -s "$AT/api/v1/fields?stream=app" > "$WORK/door.json"
jq -e '.events == 500 and .live == 1 and .targeted == 1 and
	([.fields[].path] | index("device.os") != null)' "$WORK/door.json" \
	> /dev/null || fail "$(cat "$WORK/door.json")"
[ "$(curl -s -o /dev/null -w '%{http_code}' "$AT/api/v1/fields")" = 400 ] ||
	fail "no stream is named"
say "ok: the door"

# --- what takes long delays nobody: the other lists have another thread ------------
n=0
overtakes() { # a busy machine may need another try
	n=$((n + 1))
	curl -s "$AT/api/v1/fields?stream=nothing$n" > "$WORK/nothing.json" &
	local slow=$! early=0
	until_true 10 asked || fail "nobody asks"
	curl -s "$AT/api/v1/streams" | grep -q '"app"' || fail "no streams"
	[ -s "$WORK/nothing.json" ] || early=1
	wait $slow
	jq -e '.events == 0 and .fields == []' "$WORK/nothing.json" \
		> /dev/null || fail "$(cat "$WORK/nothing.json")"
	[ $early = 1 ]
}
asked() { "$BUILD/mql" queries -o json | grep -q "from nothing$n\""; }
until_true 30 overtakes || fail "the other list came after the fields"
no_query() { [ -z "$("$BUILD/mql" queries -o json)" ]; }
until_true 10 no_query || fail "a query is left: $("$BUILD/mql" queries -o json)"
say "ok: it leaves, and delays nobody"
