$ mql eval "select * where a and 5"
1:22: this is a value, and a condition is expected: compare it with something
  select * where a and 5
                       ^
exit 2
