$ mql eval "select node, count(*) as n group by node having m > 1 and nod != 2"
1:49: `m` is neither a column nor a group: each event has its own. Name it in `select` or `group by`
  select node, count(*) as n group by node having m > 1 and nod != 2
                                                  ^
exit 2
