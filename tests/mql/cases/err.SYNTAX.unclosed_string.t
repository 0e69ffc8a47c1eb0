$ mql eval "select * where a == 'x and b == 2"
1:21: this text in quotes has no end
  select * where a == 'x and b == 2
                      ^
exit 2
