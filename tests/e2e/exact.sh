#!/bin/bash
# Three processes publish real events: what comes out is, byte for byte, what
# jq selects from the same file, three times over, and the books balance to
# the last event. `mql eval` says the same without a daemon.
. "$(dirname "$0")/lib.sh"
need_data
source_job

# exact FILE QUERY JQ-CONDITION
exact() {
	local file=$WORK/$1.ndjson i pids=() asker n
	raw_lines "$file" "$3" > "$WORK/want"
	n=$(wc -l < "$WORK/want")
	"$BUILD/mql" eval "$2" "$file" | cmp - "$WORK/want" ||
		fail "eval differs from jq: $2"
	for i in 1 2 3; do
		tap "tap$i" "$file"
		pids+=("$LAST")
	done
	until_true 10 agents_connected 3 || fail "no three agents"
	ask rows "$2"
	asker=$LAST
	for i in "${pids[@]}"; do
		wait "$i" || fail "a tap ended with status $?"
	done
	until_true 10 lines_at_least "$WORK/rows.out" $((3 * n)) || :
	stop "$asker" || fail "mql ended with status $?"
	sort "$WORK/rows.out" | cmp - \
		<(cat "$WORK/want" "$WORK/want" "$WORK/want" | sort) ||
		fail "rows differ from jq: $2"
	[ "$(closing rows matched)" = $((3 * n)) ] &&
		[ "$(closing rows of)" != 0 ] ||
		fail "books: $(tail -n 1 "$WORK/rows.err")"
	grep -q "of $(printf "%'d" $((3 * $(wc -l < "$file")))) seen" \
		<(tr -d , < "$WORK/rows.err") ||
		fail "seen: $(tail -n 1 "$WORK/rows.err")"
	! grep -q "not balance" "$WORK/rows.err" ||
		fail "books: $(cat "$WORK/rows.err")"
	until_true 10 agents_connected 0 || fail "agents stay"
	say "ok: $((3 * n)) rows: $2"
}

exact github-events \
	"select * where type == 'PushEvent' and payload.size > 20" \
	'.type == "PushEvent" and .payload.size > 20'
exact github-events \
	"select * where e['payload']['commits'][*]['message'] ==+ '上传'" \
	'any(.payload.commits[]?.message; . != null and contains("上传"))'
exact github-events "select * where payload.ref == null" '.payload.ref == null'
exact apache-access "select * where referrer is null" '.referrer == null'
exact apache-access \
	"select * where request.verb in ('HEAD', 'POST') and response != 200" \
	'(.request.verb == "HEAD" or .request.verb == "POST") and .response != 200'
exact nginxplus-status \
	"select * where upstreams['trac-backend'].peers[0].requests % 2 = 0" \
	'.upstreams["trac-backend"].peers[0].requests % 2 == 0'
