$ mql eval "select substr(title, 1.5)"
1:22: argument 2 of substr() is a whole number
  select substr(title, 1.5)
                       ^^^
exit 2
