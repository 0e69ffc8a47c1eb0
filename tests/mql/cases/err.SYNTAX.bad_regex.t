$ mql eval "select * where a =~ /(x/"
1:24: the regular expression is wrong here: missing closing parenthesis
  select * where a =~ /(x/
                         ^
exit 2
