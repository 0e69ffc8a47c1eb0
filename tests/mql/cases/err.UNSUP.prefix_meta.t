$ mql eval "select e[^'pre'], @host order by a"
1:19: beside `e[^...]` a field that begins with @ stands in `where` only, in a query with a window, an order or `distinct`
  select e[^'pre'], @host order by a
                    ^^^^^
exit 2
