$ mql eval "select count(*) window 10s every 1m"
1:34: windows further apart than they are long would leave events out
  select count(*) window 10s every 1m
                                   ^^
exit 2
