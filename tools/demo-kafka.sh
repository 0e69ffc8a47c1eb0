#!/bin/sh
# demo-kafka.sh BUILD - watch rows go into Kafka: a source-job, two services, the
# sink, and kcat. The broker is KAFKA_BOOTSTRAP's. Ends by itself and leaves
# nothing behind but its topics.
set -eu

build=$1
. tools/demo-lib.sh

start_source_job off
for zone in us-east-1 eu-west-1; do
	start "playback-$zone" "$build/examples/playback" --zone "$zone" \
		--rate 100 --threads 2
done

slow="select title, device, latency_ms from requests where latency_ms > 300"
devices="select device, count(*) as n, avg(latency_ms) as ms from requests
  group by device window 2s"
title "The sink asks two questions, each with a topic of its own:"
printf '  %s\n' "$slow" "$devices"
start sink "$build/mql-sink-kafka" -b "$KAFKA_BOOTSTRAP" --http 127.0.0.1:0 \
	--create --partitions 2 -q "$slow" -t mql-demo-slow -k title -n slow \
	-q "$devices" -t mql-demo-devices -k device -n devices
sink=${pids##* }
await ready sink
await curl -fs "$(endpoint sink http)/readyz"
sleep 8

title "The last of mql-demo-slow: partition, key, headers, value"
kcat -C -e -q -b "$KAFKA_BOOTSTRAP" -t mql-demo-slow -o -3 \
	-f '  %p  %k\n     %h\n     %s\n' | tail -n 9
title "The last of mql-demo-devices, by window, with how complete it is"
kcat -C -e -q -b "$KAFKA_BOOTSTRAP" -t mql-demo-devices -o -3 \
	-f '  %p  %k\n     %h\n     %s\n' | tail -n 9
kill "$sink"
wait "$sink" || :
title "What the sink said in the end"
tail -n 2 "$work/sink.err"
