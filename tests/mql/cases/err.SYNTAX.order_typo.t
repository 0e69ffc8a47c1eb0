$ mql eval "select a order by a decs"
1:21: unexpected `decs`: did you mean `desc`?
  select a order by a decs
                      ^^^^
exit 2
