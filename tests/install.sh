#!/bin/sh
# install.sh BUILD - does what we install stand on its own? A stranger's
# programs are built with nothing but pkg-config against an installation in
# another place, with the shared library and with the archive, and run.
set -eu

build=$(cd "$1" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL || :

fail() { echo "install: $*"; exit 1; }

make -s OUT="${build%/*}" BUILD="${build##*/}" \
	install DESTDIR="$root" prefix=/opt/mql > "$root/log" 2>&1 ||
	{ cat "$root/log"; fail "make install failed"; }

at=$root/opt/mql
for f in bin/mql bin/mql-source-job bin/mql-sink-sse bin/mql-sink-kafka include/mql/agent.h include/mql/client.h \
	lib/libmql-agent.so lib/libmql-agent.so.0 lib/libmql-agent.a \
	lib/libmql-client.so lib/pkgconfig/mql-client.pc \
	lib/systemd/system/mql-source-job.service \
	lib/systemd/system/mql-sink-kafka.service share/man/man8/mql-sink-kafka.8 \
	lib/systemd/system/mql-sink-sse.service share/man/man1/mql-sink-sse.1 \
	share/man/man1/mql.1 share/man/man3/mql-agent.3 share/man/man7/mql.7 \
	share/man/man8/mql-source-job.8; do
	[ -e "$at/$f" ] || fail "$f is not installed"
done
grep -rl "@[a-z]*@" "$at/lib/pkgconfig" "$at/lib/systemd" &&
	fail "a placeholder is left in it"
"$at/bin/mql" --version > /dev/null || fail "mql --version"

# As if it had been unpacked where it is: the stranger's prefix is ours.
sed -i "s|/opt/mql|$at|" "$at"/lib/pkgconfig/*.pc
export PKG_CONFIG_PATH="$at/lib/pkgconfig"
for link in shared static; do
	make -s -C examples OUT="$root/$link" LINK=$link CFLAGS='-O1 -Werror' ||
		fail "the examples do not build ($link)"
	echo '{"a":1}' | "$root/$link/embed" || fail "embed ($link)"
	"$root/$link/playback" --for 200ms --rate 100 > /dev/null ||
		fail "playback ($link)"
done
readelf -d "$root/static/embed" | grep -q libmql && fail "static is not"
cat > "$root/ask.c" <<'END'
#include <mql/client.h>
int main(void) { return mql_strerror(MQL_ENOMEM) == 0; }
END
# shellcheck disable=SC2046  # a list of words
${CC:-cc} -o "$root/ask" "$root/ask.c" \
	$(pkg-config --cflags --libs mql-client) -Wl,-rpath,"$at/lib" &&
	"$root/ask" || fail "a program with mql-client"
# What the README shows is what was built here.
awk '/^```/ { on = /^```c/; next } on' README.md | cmp -s - examples/embed.c ||
	fail "README.md and examples/embed.c differ"
echo "install: ok"
