$ mql eval "select sum(distinct ms)"
1:8: only count() takes distinct, not sum()
  select sum(distinct ms)
         ^^^^^^^^^^^^^^^^
exit 2
