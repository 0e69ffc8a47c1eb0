#!/bin/sh
# exports.sh DIR {LIB MAP HEADER...}... - DIR/LIB.so.* and DIR/LIB.a show
# exactly the symbols that MAP lists, and each MQL_API prototype of the
# installed headers is among them, and nothing else is.
set -eu

dir=$1
shift

in_map() {
	sed -n 's/^[[:space:]]*\(mql_[a-z0-9_]*\);.*/\1/p' "$1" | sort -u
}

in_headers() { # a prototype may span lines; its name stands before the first (
	cat "$@" | awk '/^MQL_API/ { on = 1; text = "" }
		on { text = text $0 }
		on && /;/ {
			sub(/\(.*/, "", text); sub(/.*[ *]/, "", text)
			print text; on = 0
		}' | sort -u
}

in_object() { # what a linker would see; a map's version nodes are no symbols
	nm -g --defined-only "$@" | awk 'NF == 3 && $2 != "A" {
		sub(/@.*/, "", $3); print $3 }' | sort -u
}

compare() { # WHAT WANT HAVE
	[ "$2" = "$3" ] && return
	echo "$1:"
	printf '%s\n' "$2" > "$dir/exports.want"
	printf '%s\n' "$3" > "$dir/exports.have"
	diff -u "$dir/exports.want" "$dir/exports.have" || :
	bad=1
}

bad=0
while [ $# -gt 0 ]; do
	lib=$1 map=$2 headers=
	shift 2
	while [ $# -gt 0 ] && [ "${1%.h}" != "$1" ]; do
		headers="$headers $1"
		shift
	done
	want=$(in_map "$map")
	# shellcheck disable=SC2086  # a list of words
	compare "$map against$headers" "$(in_headers $headers)" "$want"
	compare "$lib.so" "$want" "$(in_object -D "$dir/$lib".so.*)"
	compare "$lib.a" "$want" "$(in_object "$dir/$lib.a")"
done
[ $bad = 0 ] && echo "exports: ok"
