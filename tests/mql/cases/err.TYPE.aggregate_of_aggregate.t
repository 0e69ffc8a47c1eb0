$ mql eval "select max(sum(ms))"
1:12: an aggregate of an aggregate has no meaning here
  select max(sum(ms))
             ^^^^^^^
exit 2
