$ mql eval "select * where lenght(title) > 3"
1:16: there is no function `lenght`; did you mean `length`?
  select * where lenght(title) > 3
                 ^^^^^^
exit 2
