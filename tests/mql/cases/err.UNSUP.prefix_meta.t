$ mql eval "select e[^'pre'], @host order by a"
1:19: beside `*` or `e[^...]` a field that begins with @ stands in `where` only, in a query with groups, a window, an order or `distinct`: name the fields that you need
  select e[^'pre'], @host order by a
                    ^^^^^
exit 2
