$ mql eval "select * where (a == 1"
1:23: unexpected end of the query: expected an operator, `)`, `and` or `or`
  select * where (a == 1
                        ^
exit 2
