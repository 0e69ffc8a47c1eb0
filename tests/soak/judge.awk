# judge.awk - judges a soak by its samples: nothing grew from its second
# quarter to its last by more than a margin.
#
#     awk -v seconds=3600 -f judge.awk soak.tsv
#
# A sample is a line of four columns: seconds since the start, who, what, and
# the value. Judged are the means of `heap` and `rss` (KB), `fds` and `threads`,
# of who is there in both quarters; the first one is for warming up. Whose heap
# is known is judged by that: its resident memory may also grow by what the
# allocator keeps after a burst. Whatever else is sampled is for people. Exit
# status 1 if anything grew.
BEGIN {
	FS = "\t"
	# A twentieth and what a burst of guests may hold.
	share["heap"] = 0.05; slack["heap"] = 1536
	share["rss"] = 0.05; slack["rss"] = 1536
	kept = 16 * 1024 # KB: source-job/main.c, keep_memory()
	share["fds"] = 0.05; slack["fds"] = 8
	share["threads"] = 0; slack["threads"] = 1
	if (!seconds)
		seconds = 3600
}
!($3 in share) { next }
{
	quarter = int(4 * $1 / seconds)
	if (quarter > 3)
		quarter = 3
	key = $2 "\t" $3
	sum[key, quarter] += $4
	n[key, quarter]++
	keys[key] = 1
}
END {
	sort = "sort"
	for (key in keys) {
		if (!n[key, 1] || !n[key, 3])
			continue
		judged++
		split(key, name, "\t")
		what = name[2]
		before = sum[key, 1] / n[key, 1]
		after = sum[key, 3] / n[key, 3]
		limit = before * (1 + share[what]) + slack[what]
		if (what == "rss" && n[name[1] "\theap", 3])
			limit += kept
		word = after > limit ? "GREW" : "ok"
		bad += after > limit
		printf("%-4s %-12s %-7s %10.1f  then %10.1f, at most %10.1f\n",
			word, name[1], what, before, after, limit) | sort
	}
	close(sort)
	if (!judged)
		print "nobody was there long enough to be judged"
	exit bad > 0 || !judged
}
