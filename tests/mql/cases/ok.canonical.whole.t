$ mql fmt "SELECT a,  * WHERE b==1"
select a, * where b == 1
