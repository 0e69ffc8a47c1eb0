$ mql eval "select * limit 1 where a limit 2"
1:26: there is a second `limit`; a query has one
  select * limit 1 where a limit 2
                           ^^^^^
exit 2
