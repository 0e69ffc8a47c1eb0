$ mql eval "select 5xx"
1:8: `5xx` is no number; as a name it stands in brackets: e['5xx']
  select 5xx
         ^^^
exit 2
