$ mql eval "select * sample 100/s"
1:10: `sample n/s` is not there yet
  select * sample 100/s
           ^^^^^^^^^^^
exit 2
