$ mql eval "select e[^'pre'], count(*)"
1:8: a row is made of many events here: name the fields that it needs
  select e[^'pre'], count(*)
         ^^^^^^^^^
exit 2
