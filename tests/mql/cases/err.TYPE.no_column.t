$ mql eval "select count(*) group by node having ms > 100"
1:38: `ms` is neither a column nor a group: each event has its own. Name it in `select` or `group by`
  select count(*) group by node having ms > 100
                                       ^^
exit 2
