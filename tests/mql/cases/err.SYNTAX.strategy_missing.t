$ mql eval "select * sample {'threshold': 5}"
1:17: a `strategy` is missing: RANDOM, STICKY or RPS
  select * sample {'threshold': 5}
                  ^^^^^^^^^^^^^^^^
exit 2
