$ mql eval "select e[^'pre']"
1:8: `e[^...]` is not there yet
  select e[^'pre']
         ^^^
exit 2
