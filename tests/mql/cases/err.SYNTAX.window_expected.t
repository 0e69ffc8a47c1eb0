$ mql eval "select a window b"
1:17: unexpected `b`: expected a time such as `10s` or `|`
  select a window b
                  ^
exit 2
