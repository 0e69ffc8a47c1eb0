$ mql eval "select *, a"
1:9: unexpected `,`: expected a clause such as `where`
  select *, a
          ^
exit 2
