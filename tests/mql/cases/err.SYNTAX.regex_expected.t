$ mql eval "select * where a ==~ 'x'"
1:22: unexpected `'x'`: expected a regular expression between slashes
  select * where a ==~ 'x'
                       ^^^
exit 2
