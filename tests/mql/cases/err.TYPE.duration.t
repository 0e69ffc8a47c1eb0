$ mql eval "select * where ms > 1m"
1:21: a duration stands in `window`, or is an argument of a function
  select * where ms > 1m
                      ^^
exit 2
