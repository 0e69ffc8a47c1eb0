$ mql eval "select node where count(*) > 1"
1:19: `where` sees one event at a time: ask of aggregates in `having`
  select node where count(*) > 1
                    ^^^^^^^^
exit 2
