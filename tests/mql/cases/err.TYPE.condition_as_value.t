$ mql eval "select * where (a == 1) == b"
1:16: this is a condition, and a value is expected
  select * where (a == 1) == b
                 ^^^^^^^^
exit 2
