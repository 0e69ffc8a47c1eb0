#!/bin/sh
# style.sh - the part of the house style that a machine can judge: tabs, 80
# columns, no blanks at line ends, no file past 600 lines. Longer may be a row
# of a table (it begins with a brace, a bar or X), a scanner's rule, a heading.
set -eu

find . -path ./build -prune -o -name '*.[chly]' -print | sort | xargs awk '
function complain(what) {
	print FILENAME ":" FNR ": " what
	bad = 1
}
FNR == 1 && before > 600 {
	print name ": " before " lines: split it"
	bad = 1
}
{
	before = FNR
	name = FILENAME
}
/[ \t]$/ { complain("blanks at the end of the line") }
/^        / { complain("indent with tabs") }
{
	width = 0
	for (i = 1; i <= length($0); i++)
		width += substr($0, i, 1) == "\t" ? 8 - width % 8 : 1
	if (width > 80 && FILENAME !~ /\.l$/ && $0 !~ /^[ \t]*([{|]|X\(|#define)|^\/\* ---/)
		complain(width " columns")
}
END {
	if (before > 600) {
		print name ": " before " lines: split it"
		bad = 1
	}
	if (!bad)
		print "style: ok"
	exit bad
}'
