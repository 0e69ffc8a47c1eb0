#!/bin/bash
# Hostile queries on a busy service: a regex that backtracks, a thousand terms,
# groups of a unique id, whole events. Whoever asks hears what happened, a
# quiet query goes on, and all books balance.
. "$(dirname "$0")/lib.sh"
export MQL_AGENT_BUDGET= MQL_AGENT_CPU_PERMILLE=1
export MQL_AGENT_BYTES_PER_SECOND=20000 MQL_AGENT_ROWS_PER_SECOND=500
for n in $(seq 500); do
	printf '{"n":%d,"id":"%s-%d","text":"%s","pad":"%s"}\n' "$n" \
		aaaaaaaaaaaaaaaaaaaaaaaa "$n" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! \
		"$(printf '%0200d' "$n")"
done > "$WORK/events.ndjson"
source_job
tap busy "$WORK/events.ndjson" --loop --rate 5000 --lossy
until_true 10 agents_connected 1 || fail "no agent"
ask quiet "select n where n == 7"
QUIET=$LAST

or="n == -1"
for n in $(seq 1000); do or="$or or n == -$n or id == 'x$n'"; done

# In a build with sanitizers to read the events alone is over the limit: then
# it hears so, too.
goes_on() {
	lines_at_least "$WORK/quiet.out" "$1" ||
		says "$WORK/quiet.err" 'over 0.1% of a core'
}

# hostile NAME QUERY
hostile() {
	local asker rows
	ask "$1" "$2"
	asker=$LAST
	until_true 20 grep -q 'run it on 1 in\|suspended on' "$WORK/$1.err" ||
		fail "$1 hears nothing: $(cat "$WORK/$1.err")"
	rows=$(wc -l < "$WORK/quiet.out")
	until_true 20 goes_on $((rows + 1)) ||
		fail "$1 stops others: $(cat "$WORK/quiet.err")"
	stop "$asker" || fail "$1 ended with status $?"
	! says "$WORK/$1.err" 'not balance' || fail "$(cat "$WORK/$1.err")"
	say "ok: $1: $(grep -m 1 'run it on 1 in\|suspended on' "$WORK/$1.err")"
}

hostile regex "select n where text =~ /(a+)+b|(a*)*c|(a|aa)+\$/"
hostile terms "select n where $or"
hostile unique "select id, pad, count(*) as c group by id, pad window 1s"
! says "$WORK/unique.err" 'aggregates are of these' ||
	fail "weighed groups are said not to be: $(cat "$WORK/unique.err")"
hostile counted "select count(*) as c, max(pad) as m where id != 'x' window |50|"
says "$WORK/counted.err" 'its aggregates are of these events only' ||
	! says "$WORK/counted.err" 'run it on 1 in' ||
	fail "a count window is not told what it counts: $(cat "$WORK/counted.err")"
hostile everything "select *"
stop "$QUIET" || fail "the quiet query ended with status $?"
! says "$WORK/quiet.err" 'not balance' || fail "$(cat "$WORK/quiet.err")"
