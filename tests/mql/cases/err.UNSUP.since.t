$ mql eval "select * since 5m"
1:10: `since` is not there yet
  select * since 5m
           ^^^^^^^^
exit 2
