$ mql fmt "SELECT a , COUNT(*) AS n LIMIT 5 GROUP  BY a WHERE b = 1 && !(c is null) -- why"
select a, count(*) as n where b == 1 and not c == null group by a limit 5
