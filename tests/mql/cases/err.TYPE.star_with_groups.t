$ mql eval "select a, count(*), * group by a"
1:21: a row is made of many events here: name the fields that it needs
  select a, count(*), * group by a
                      ^
exit 2
