#!/bin/sh
# functions.sh BUILD - the manual holds the tables that the language has, and
# every example in them gives what it says.
set -eu
mql=$1/mql
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0 n=0

tools/docs.sh "$mql" > "$dir/mql.md"
diff -u docs/mql.md "$dir/mql.md" || {
	echo "docs/mql.md is behind: tools/docs.sh $mql > docs/mql.md"
	bad=1
}

# Rows of the tables: | `signature` | about | `example` | `gives` |
"$mql" functions --markdown | sed -n 's/^| .*| `\(.*\)` | `\(.*\)` |$/\1\t\2/p' |
	sed 's/\\|/|/g' > "$dir/scalar"
"$mql" functions --markdown-aggregates |
	sed -n 's/^| .*| `\(.*\)` | `\(.*\)` |$/\1\t\2/p' > "$dir/folded"

printf '{}\n' > "$dir/one"
for x in 1 2 2 5; do echo "{\"x\":$x}"; done > "$dir/four"

# ask FILE EVENTS: each example, asked of the events.
ask() {
	while IFS='	' read -r example gives; do
		want="{\"v\":$gives}"
		[ "$gives" = null ] && want='{}'
		got=$("$mql" eval "select $example as v" "$2" 2>&1) || :
		n=$((n + 1))
		case $example in rate*) continue ;; esac # of its window's time
		[ "$got" = "$want" ] && continue
		echo "FAIL $example: $got, not $want"
		bad=$((bad + 1))
	done < "$1"
}
ask "$dir/scalar" "$dir/one"
ask "$dir/folded" "$dir/four"

"$mql" functions | grep -q '^  lower(text)' || bad=$((bad + 1))
"$mql" functions SUBSTR | grep -q '^substr(text, integer \[, integer\]): string' ||
	bad=$((bad + 1))
! "$mql" functions lowr 2> "$dir/err" && grep -q 'did you mean `lower`' "$dir/err" ||
	bad=$((bad + 1))
echo "functions: $n examples, $bad wrong"
[ $bad = 0 ] && [ $n -gt 60 ]
