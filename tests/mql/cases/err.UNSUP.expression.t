$ mql eval "select bytes / 1024 as kb"
1:8: an expression in `select` is not there yet: name fields only
  select bytes / 1024 as kb
         ^^^^^^^^^^^^
exit 2
