$ mql eval "select * where l[*].ok"
1:16: a path with `[*]` stands for many values: it can only be one side of a comparison
  select * where l[*].ok
                 ^^^^^^^
exit 2
