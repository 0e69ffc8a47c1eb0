$ mql eval "select * where a == 1 adn b == 2"
1:23: unexpected `adn`: did you mean `and`?
  select * where a == 1 adn b == 2
                        ^^^
exit 2
