$ mql eval "select a, from s"
1:11: unexpected `from`: expected a field or a value
  select a, from s
            ^^^^
exit 2
