$ mql eval "select @time"
1:8: there is no meta field `@time`; there are @ts @app @host @zone @version @agent @stream @seq
  select @time
         ^^^^^
exit 2
