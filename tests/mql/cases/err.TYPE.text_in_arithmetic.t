$ mql eval "select * where a + 'x' > 1"
1:20: `+` takes numbers only
  select * where a + 'x' > 1
                     ^^^
exit 2
