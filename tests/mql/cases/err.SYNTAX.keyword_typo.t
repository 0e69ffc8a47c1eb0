$ mql eval "select * form playback"
1:10: unexpected `form`: did you mean `from`?
  select * form playback
           ^^^^
exit 2
