$ mql eval "select count(*) from s"
1:8: the function `count` is not there yet
  select count(*) from s
         ^^^^^
exit 2
