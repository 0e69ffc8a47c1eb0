$ mql eval "select * where 'a' < 1"
1:16: a string and a number have no order
  select * where 'a' < 1
                 ^^^^^^^
exit 2
