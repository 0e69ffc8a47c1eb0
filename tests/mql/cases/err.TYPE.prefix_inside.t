$ mql eval "select a.b[^'pre']"
1:8: only the event's own fields can be chosen by how they begin: e[^'...']
  select a.b[^'pre']
         ^^^^^^^^^^^
exit 2
