$ mql eval "select * where a + 'x' > 1"
1:20: `+` takes numbers
  select * where a + 'x' > 1
                     ^^^
exit 2
