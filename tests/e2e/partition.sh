#!/bin/bash
# Agents in a network of their own, behind a link that is slow and loses
# packets (where this kernel has netem), and then is cut for longer than an
# agent may be silent. Afterwards all of them are back, the query is live on
# each, and what was lost on the way is in the books, to the last row.
if [ "${1:-}" != --inside ]; then
	unshare -n true 2>/dev/null || {
		echo "partition: skipped: no network namespaces here"
		exit 77
	}
	exec unshare -n "$0" --inside "$@"
fi
shift
. "$(dirname "$0")/lib.sh"
REAL=20 PEERS=40 ALL=60
HERE=10.77.0.1 THERE=10.77.0.2

# there COMMAND...: in the agents' network.
there() { nsenter -t "$NET" -n "$@"; }
ready() { there true && [ "$(readlink "/proc/$NET/ns/net")" != \
	"$(readlink /proc/self/ns/net)" ]; }
ip link set lo up
background net unshare -n tail -f /dev/null
NET=$LAST
until_true 10 ready || fail "no second network"
ip link add here type veth peer name there netns "$NET" 2>/dev/null || {
	say "skipped: no pairs of virtual links here"
	exit 77
}
ip addr add $HERE/24 dev here
ip link set here up
there ip addr add $THERE/24 dev there
there ip link set there up

AGENTS=tcp://$HERE:0
source_job --insecure --heartbeat 300ms
mkfifo "$WORK/end"
exec {END}<> "$WORK/end"
there "$BUILD/fleet" --to "$AGENTS" --agents $REAL --peers $PEERS \
	--events 200 --rate 200 --batch 5 \
	< "$WORK/end" > "$WORK/fleet.out" 2> "$WORK/fleet.err" &
FLEET=$!
ask witness "select *"
WITNESS=$LAST

live_on() {
	"$BUILD/mql" queries -o json |
		jq -es "flatten[0].live == $1" > /dev/null
}
more_rows() { # N: so many more than there are now
	local rows
	rows=$(wc -l < "$WORK/witness.out")
	until_true 30 lines_at_least "$WORK/witness.out" $((rows + $1)) ||
		fail "no rows: $(tail -n 2 "$WORK/fleet.err")"
}
until_true 10 live_on $ALL || fail "not live on all"
more_rows 5000

NETEM="netem delay 20ms 5ms loss 1%"
if tc qdisc add dev here root $NETEM 2>/dev/null &&
	there tc qdisc add dev there root $NETEM; then
	more_rows 20000
	tc qdisc del dev here root
	there tc qdisc del dev there root
	BAD="a slow link that loses, "
else
	say "without a slow link: this kernel has no netem"
fi

ip link set here down
until_true 20 live_on 0 || fail "nobody is missed"
ip link set here up
until_true 30 live_on $ALL || fail "not all are back:" \
	"$("$BUILD/mql" queries -o json)"
more_rows 5000

stop "$WITNESS" || fail "mql ended with status $?"
LINE=$(tail -n 1 "$WORK/witness.err")
! says "$WORK/witness.err" 'not balance' || fail "$LINE"
ROWS=$(wc -l < "$WORK/witness.out")
SUM=$((ROWS + $(closing witness dropped) + $(closing witness lost)))
[ "$(closing witness matched)" = "$SUM" ] || fail "$ROWS rows came: $LINE"
[ $SUM -gt "$ROWS" ] || fail "nothing was lost in a cut link: $LINE"
echo >&"$END"
wait "$FLEET" || fail "the fleet ended with status $?"
say "ok: ${BAD:-}a cut: $LINE"
