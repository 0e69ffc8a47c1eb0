$ mql eval "select e[^'pre'] as p"
1:8: `e[^...]` stands for any number of fields, which keep their names
  select e[^'pre'] as p
         ^^^^^^^^^
exit 2
