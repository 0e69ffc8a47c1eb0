$ mql eval "select items[*].price"
1:8: a path with `[*]` stands for many values: it can only be one side of a comparison
  select items[*].price
         ^^^^^^^^^^^^^^
exit 2
