$ mql eval "select a[99999999999]"
1:10: this index is too large
  select a[99999999999]
           ^^^^^^^^^^^
exit 2
