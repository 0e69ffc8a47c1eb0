$ mql eval "select * where a # 1"
1:18: this character has no meaning here
  select * where a # 1
                   ^
exit 2
