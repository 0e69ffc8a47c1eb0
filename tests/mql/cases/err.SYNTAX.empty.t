$ mql eval ''
1:1: a query begins with `select`
exit 2
