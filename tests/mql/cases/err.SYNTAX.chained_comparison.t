$ mql eval "select * where 1 < a < 5"
1:22: comparisons do not chain: put `and` between two of them
  select * where 1 < a < 5
                       ^
exit 2
