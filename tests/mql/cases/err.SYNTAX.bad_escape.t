$ mql eval 'select * where a == "\q"'
1:23: JSON has no such escape; in single quotes a backslash is a backslash
  select * where a == "\q"
                        ^
exit 2
