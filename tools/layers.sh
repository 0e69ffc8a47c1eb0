#!/bin/sh
# layers.sh - who may include whom: the table of docs/architecture.md, checked.
# A row: a folder, the folders that it may name, a bar, the foreign libraries
# that stand behind it. The installed headers (include/mql/) are for everyone.
set -eu

table() {
	cat <<'END'
include/mql  |
common       |
event        common | xxhash
mql          event common | pcre2 xxhash
wire         event common | zmq msgpack xxhash
http         common | microhttpd
kafka        common | rdkafka
agent        mql event wire common | urcu
client       mql event wire common |
source-job   mql event wire http common source-job/kafka | jansson xxhash
source-job/kafka source-job kafka common | rdkafka
sink/kafka   client wire http kafka event common | rdkafka
sink/sse     client wire event common | microhttpd z
cli          client mql event wire common |
examples     |
bench        agent sink/kafka wire mql event common | jansson microhttpd rdkafka zmq gnutls
END
}

# The foreign library of a header, or nothing: then it is the C library's.
foreign() {
	case $1 in
	zmq*) echo zmq ;;
	jansson*) echo jansson ;;
	msgpack*) echo msgpack ;;
	urcu*) echo urcu ;;
	pcre2*) echo pcre2 ;;
	xxh*) echo xxhash ;;
	microhttpd*) echo microhttpd ;;
	librdkafka/*) echo rdkafka ;;
	gnutls/*) echo gnutls ;;
	zlib*) echo z ;;
	check.h) echo check ;;
	esac
}

# What including $1 needs: a folder, a foreign library, or nothing.
needs() {
	folder=${1%/*}
	if [ -e "include/$1" ]; then :
	elif [ "$folder" != "$1" ] && [ -d "$folder" ]; then echo "$folder"
	else foreign "$1"
	fi
}

includes() {
	sed -n 's/^#[[:space:]]*include[[:space:]]*["<]\([^">]*\)[">].*/\1/p' "$1"
}

bad=0
table | {
	while read -r from may; do
		[ -d "$from" ] || continue
		for file in "$from"/*.[chly]; do
			[ -e "$file" ] || continue
			for header in $(includes "$file"); do
				need=$(needs "$header")
				[ "$need" ] || continue
				case " $from $may " in
				*" $need "*) ;;
				*)	echo "$file includes <$header>:" \
						"$from may not name $need"
					bad=1 ;;
				esac
			done
		done
	done
	[ $bad = 0 ] && echo "layers: ok"
}
