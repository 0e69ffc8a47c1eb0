$ mql eval "select distinct country"
1:8: `select distinct` is not there yet
  select distinct country
         ^^^^^^^^
exit 2
