$ mql explain "select id sample {\"strategy\": \"STICKY\", \"keys\": [\"id\"], \"threshold\": 500, \"salt\": 1}"
query       select id sample {'strategy': 'STICKY', 'keys': ['id'], 'threshold': 500, 'factor': 10000, 'salt': 1}
streams     every stream
agent       no filter, sample 500 of 10000 matches by their keys, projection of 1 column
source-job  merge of the agents' rows
client      fan-in over the source-jobs, row by row
reads       id
index       none: every event is evaluated
cost        at most 3 instructions an event
