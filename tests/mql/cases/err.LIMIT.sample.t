$ mql eval "select * sample 120%"
1:17: `sample` takes more than 0% and at most 100%
  select * sample 120%
                  ^^^
exit 2
