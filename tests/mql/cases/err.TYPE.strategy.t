$ mql eval "select * sample {'strategy': 'sticky', 'threshold': 5}"
1:30: there is no such strategy; there are RANDOM, STICKY and RPS, in capitals
  select * sample {'strategy': 'sticky', 'threshold': 5}
                               ^^^^^^^^
exit 2
