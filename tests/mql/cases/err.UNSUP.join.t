$ mql eval "select * from a join b 1 seconds on e['id']"
1:17: `join` is not there yet
  select * from a join b 1 seconds on e['id']
                  ^^^^
exit 2
