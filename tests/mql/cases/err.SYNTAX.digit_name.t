$ mql eval "select 5xx"
1:8: this is neither a number nor a name
  select 5xx
         ^^^
exit 2
