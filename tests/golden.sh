#!/bin/sh
# golden.sh [-u] MQL DIR - run every case DIR/*.t and compare.
#
# The first line of a case is the command, `$ mql ARGUMENTS`. Lines that begin
# with `< ` right after it are its standard input. What follows is the exact
# output, standard error included, and `exit N` at the end when N is not 0.
# -u writes what came out into the files: look at the diff before you keep it.
set -eu

update=
if [ "$1" = -u ]; then update=1; shift; fi
mql=$1 dir=$2 passed=0 failed=0

head_of() { awk 'NR == 1 || /^< / { print; next } { exit }' "$1"; }

run() { # CASE
	head_of "$1"
	head_of "$1" | sed -n 's/^< //p' | {
		status=0
		eval "'$mql' $(sed -n '1s/^\$ mql //p' "$1")" 2>&1 || status=$?
		[ $status = 0 ] || echo "exit $status"
	}
}

for t in "$dir"/*.t; do
	[ -e "$t" ] || continue
	got=$(run "$t")
	if [ "$update" ]; then
		printf '%s\n' "$got" > "$t"
	elif [ "$got" = "$(cat "$t")" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $t"
		printf '%s\n' "$got" | diff -u "$t" - || :
	fi
done
echo "golden: $passed passed, $failed failed"
[ $failed = 0 ]
