$ mql eval 'country == "BR"'
1:1: a query begins with `select`
  country == "BR"
  ^^^^^^^
exit 2
