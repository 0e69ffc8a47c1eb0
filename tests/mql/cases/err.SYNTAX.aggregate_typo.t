$ mql eval "select agv(ms) group by node"
1:8: there is no function `agv`; did you mean `avg`?
  select agv(ms) group by node
         ^^^
exit 2
