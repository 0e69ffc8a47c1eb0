#!/bin/bash
# A small fleet in which somebody always goes: real agents (bench/agents.h)
# that say goodbye, whole processes of them killed by -9, and stand-ins
# (bench/peers.h) that vanish without a word, while rows flow. Afterwards the
# query is live on everybody who is there, and of each row that any agent is
# known to have sent it is told whether it came, was dropped or was lost.
. "$(dirname "$0")/lib.sh"
AGENTS_REAL=60 PEERS=140
source_job # who is silent for three seconds is lost
mkfifo "$WORK/end"
exec {END}<> "$WORK/end"
"$BUILD/fleet" --to "$AGENTS" --agents $AGENTS_REAL --peers $PEERS \
	--events 50 --rate 50 --batch 7 --churn 20 --kills 400ms \
	--faults 1500ms < "$WORK/end" > "$WORK/fleet.out" 2> "$WORK/fleet.err" &
FLEET=$!
ask witness "select *"
WITNESS=$LAST
until_true 30 lines_at_least "$WORK/witness.out" 10000 || fail "no rows"
until_true 30 says "$WORK/fleet.err" '"died"' || fail "nobody died"
ALL=$((AGENTS_REAL + PEERS))
calm() { # the faults are over: all who are there have the query, and no more
	[ "$("$BUILD/mql" agents -o json |
		jq -s 'flatten | map(select(.state == "connected")) | length')" \
		= $ALL ] && "$BUILD/mql" queries -o json |
		jq -es "flatten[0].live == $ALL" > /dev/null
}
until_true 30 says "$WORK/fleet.err" '"calm"' || fail "the faults go on"
until_true 60 calm || fail "not live on all: $("$BUILD/mql" queries -o json)"
stop "$WITNESS" || fail "mql ended with status $?"
LINE=$(tail -n 1 "$WORK/witness.err")
! says "$WORK/witness.err" 'not balance' || fail "$LINE"
ROWS=$(wc -l < "$WORK/witness.out")
[ "$ROWS" = "$(echo "$LINE" | tr -d , | sed 's/ .*//')" ] ||
	fail "$ROWS rows came: $LINE"
SUM=$((ROWS + $(closing witness dropped) + $(closing witness lost)))
[ "$(closing witness matched)" = "$SUM" ] || fail "$LINE"
[ "$(echo "$LINE" | grep -c 'agents\? lost')" = 1 ] ||
	fail "nobody was lost: $LINE"
echo >&"$END"
wait "$FLEET" || fail "the fleet ended with status $?"
say "ok: $LINE; $(cat "$WORK/fleet.out")"
