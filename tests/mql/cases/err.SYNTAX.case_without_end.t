$ mql eval "select case when a then b"
1:26: unexpected end of the query: expected an operator, `when`, `end`, `and` or `or`
  select case when a then b
                           ^
exit 2
