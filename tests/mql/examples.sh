#!/bin/sh
# examples.sh MQL FILE... - run the examples of a manual as golden cases.
#
# An example is what stands from a line `$ mql ...` to the end of its block:
# ``` in Markdown, .Ed in mdoc.
set -eu

mql=$1; shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for file; do
	awk -v to="$dir/$(basename "$file")" '
		/^```/ || /^\.Ed/ { close(out); out = "" }
		/^\$ mql /        { out = sprintf("%s.%03d.t", to, NR) }
		out != ""         { print > out }
	' "$file"
done
"$(dirname "$0")/../golden.sh" "$mql" "$dir"
