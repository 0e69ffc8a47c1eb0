$ mql eval "select * where a =~ /x"
1:21: no `/` ends this regular expression
  select * where a =~ /x
                      ^
exit 2
