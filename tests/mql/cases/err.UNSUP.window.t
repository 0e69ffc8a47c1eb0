$ mql eval "select * from s window 10s"
1:17: `window` is not there yet
  select * from s window 10s
                  ^^^^^^
exit 2
