$ mql eval "select country from s group by country"
1:23: `group by` is not there yet
  select country from s group by country
                        ^^^^^^^^
exit 2
