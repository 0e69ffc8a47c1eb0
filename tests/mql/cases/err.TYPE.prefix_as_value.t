$ mql eval "select * where e[^'pre'] == 1"
1:16: `e[^...]` stands for any number of fields: it can only be selected, as it is
  select * where e[^'pre'] == 1
                 ^^^^^^^^^
exit 2
