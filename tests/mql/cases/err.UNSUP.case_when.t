$ mql eval "select case when a then b end"
1:8: `case when` is not there yet
  select case when a then b end
         ^^^^
exit 2
