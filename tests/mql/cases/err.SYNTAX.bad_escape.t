$ mql eval 'select * where a == "\q"'
1:23: in double quotes JSON's rules hold, and this breaks them
  select * where a == "\q"
                        ^
exit 2
