$ mql eval "select a sample ten"
1:17: unexpected `ten`: expected a share such as `5%` or `100/s`
  select a sample ten
                  ^^^
exit 2
