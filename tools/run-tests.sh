#!/bin/sh
# run-tests.sh LOGS - run the tests that standard input lists, a name and a
# command on each line, as many at a time as there are processors. One line a
# test; the output of those that failed; at the end `N passed, N failed`.
#
# A command that says how many tests it held (Check, golden.sh) counts as so
# many. Exit status 77 means skipped: the test lacks what it needs here.
set -eu

# How many tests a log speaks of, as "passed failed"; nothing if it does not.
counted() {
	sed -n -e 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\)$/\1 \2 \3 -/p' \
		-e 's/^[a-z]*: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2 +/p' "$1" |
		awk '{ bad = $NF == "-" ? $2 + $3 : $2
			print $NF == "-" ? $1 - bad : $1, bad }' | tail -n 1
}

one() { # LOGS "name command..."
	name=${2%% *} log=$1/$(echo "${2%% *}" | tr / -)
	began=$(date +%s%N)
	status=0
	timeout --foreground -k 10 240 sh -c "exec ${2#* }" > "$log.log" 2>&1 \
		< /dev/null || status=$?
	took=$(( ($(date +%s%N) - began) / 100000000 ))
	count=$(counted "$log.log")
	case $status in
	0) verdict=ok count=${count:-1 0} ;;
	77) verdict=skip count="0 0" ;;
	124 | 137) verdict='TIME OUT' count=${count:-0 1} ;;
	*) verdict=FAIL count=${count:-0 1} ;;
	esac
	# Failed without a failed test to show for it: a crash, or a leak.
	case "$status $count" in
	0\ * | 77\ *) ;;
	*\ 0) count="${count% *} 1" ;;
	esac
	echo "$count" > "$log.count"
	printf '%-9s %-28s %4d.%d s  %s\n' "$verdict" "$name" \
		$((took / 10)) $((took % 10)) "${count% *}"
}

if [ "$1" = --one ]; then
	one "$2" "$3"
	exit 0
fi

logs=$1
mkdir -p "$logs"
rm -f "$logs"/*.log "$logs"/*.count
sed 's/^ *//; /^$/d' |
	xargs -d '\n' -n 1 -P "$(nproc)" "$0" --one "$logs"

for count in "$logs"/*.count; do
	read -r _ failed < "$count"
	[ "$failed" = 0 ] && continue
	log=${count%.count}.log
	echo "--- $log"
	tail -n 200 "$log"
done
cat "$logs"/*.count | awk '{ passed += $1; failed += $2 }
	END { print passed + 0 " passed, " failed + 0 " failed"; exit failed > 0 }'
