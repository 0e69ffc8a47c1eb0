$ mql eval "select substr(title)"
1:8: substr() takes 2 or 3 arguments
  select substr(title)
         ^^^^^^^^^^^^^
exit 2
