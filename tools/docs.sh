#!/bin/sh
# docs.sh MQL [FILE] - print docs/mql.md with the tables between its markers
# made anew from the tables of the language. `tools/docs.sh MQL > new` and a
# rename bring the manual up to date; tests/cli/functions.sh compares.
set -eu
mql=$1 file=${2:-docs/mql.md}

awk -v mql="$mql" '
	/^<!-- end -->$/ { inside = 0 }
	!inside          { print }
	/^<!-- mql .* -->$/ {
		command = $0
		sub(/^<!-- mql /, "", command)
		sub(/ -->$/, "", command)
		fflush()
		system("\"" mql "\" " command)
		inside = 1
	}
' "$file"
