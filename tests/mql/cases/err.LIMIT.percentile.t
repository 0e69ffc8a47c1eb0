$ mql eval "select percentile(ms, 99)"
1:23: percentile() takes a number between 0 and 1, such as 0.99
  select percentile(ms, 99)
                        ^^
exit 2
