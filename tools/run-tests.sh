#!/bin/sh
# run-tests.sh LOGS - run the tests that standard input lists, a name and a
# command on each line, TESTS_AT_ONCE at a time: four more than there are
# processors, since many of them wait. One line a test; the output of those that
# failed; at the end `N passed, N failed`.
#
# Deadlines of tests are for machines that get on. So the few that failed beside
# others are tried once more, alone; who passes then is named in the last line.
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

log_of() { # LOGS NAME
	echo "$1/$(echo "$2" | tr / -)"
}

one() { # LOGS "name command..."
	name=${2%% *} log=$(log_of "$1" "${2%% *}")
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
sed 's/^ *//; /^$/d' > "$logs/list"
xargs -d '\n' -n 1 -P "${TESTS_AT_ONCE:-$(($(nproc) + 4))}" "$0" --one "$logs" \
	< "$logs/list"

failed_ones() { # the lines of the list whose tests failed
	while read -r line; do
		read -r _ failed < "$(log_of "$logs" "${line%% *}").count"
		[ "$failed" = 0 ] || echo "$line"
	done < "$logs/list"
}

failed_ones > "$logs/failed"
alone=
while read -r line; do
	log=$(log_of "$logs" "${line%% *}")
	echo "--- $log.log"
	tail -n 200 "$log.log"
	[ "$(wc -l < "$logs/failed")" -le 3 ] || continue
	mv "$log.log" "$log.first"
	echo "--- once more, alone"
	one "$logs" "$line"
	read -r _ failed < "$log.count"
	[ "$failed" != 0 ] || alone="$alone ${line%% *}"
done < "$logs/failed"

cat "$logs"/*.count | awk -v alone="$alone" '{ passed += $1; failed += $2 }
	END { print passed + 0 " passed, " failed + 0 " failed" \
		(alone ? "; only alone:" alone : "")
		exit failed > 0 }'
