$ mql eval "select * where title == 'é上🚀' # 1"
1:31: this character has no meaning here
  select * where title == 'é上🚀' # 1
                                ^
exit 2
