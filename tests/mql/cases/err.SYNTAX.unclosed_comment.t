$ mql eval "select * /* where a"
1:10: this comment has no end
  select * /* where a
           ^^
exit 2
