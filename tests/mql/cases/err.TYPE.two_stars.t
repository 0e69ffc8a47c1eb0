$ mql eval "select * where l[*] == m[*]"
1:24: only one side of a comparison can hold `[*]`
  select * where l[*] == m[*]
                         ^^^^
exit 2
