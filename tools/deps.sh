#!/bin/sh
# deps.sh [browser | kafka] - install from Debian what building and testing need,
# if it is not there: says what and why, uses sudo when not root, and does
# nothing at all when nothing is missing. On a system without apt it only says
# what it misses. What make check-page and make check-kafka need besides is
# large, and so a group of its own each; where there is no browser to be had,
# that target says so and goes on.
set -eu

wanted() {
	case ${1:-} in
	browser) cat <<'END' ;;
chromium          the page is looked at in it
END
	kafka) cat <<'END' ;;
default-jre-headless Kafka itself is Java
maven             gets its jars, once
END
	*) cat <<'END' ;;
gcc               the compiler
libc6-dev         headers of the C library
pkg-config        finds the libraries below
flex              makes the scanner of the query language
bison             makes its parser
libzmq3-dev       ZeroMQ, between the processes
libjansson-dev    JSON of answers to operators, and of saved queries
libmsgpack-dev    MessagePack of counters
liburcu-dev       RCU, on the publish path
libpcre2-dev      regular expressions in queries
libxxhash-dev     hashing
libmicrohttpd-dev the HTTP doors of the daemons
librdkafka-dev    Kafka, in its sink only
zlib1g-dev        compressed streams and pages
nodejs            builds the page, if there is a registry to install from
npm               the same
check             unit tests
clang             the second compiler, and the fuzzers
g++               the peer in bench/ is C++
libsimdjson-dev   that peer: the limit for reading JSON text
libclang-rt-dev   what fuzzers link with
mandoc            checks the manual pages
jq                tests compare our answers with its answers
ripgrep           make bench runs `mql eval` beside it
zstd              unpacks test data
curl              tests ask the HTTP doors
libsodium-dev     CURVE of the peers in bench/ that do without ZeroMQ
kcat              tests read back what the Kafka sink wrote
procps            tests look for processes left behind
END
	esac
}

# Where there is no dpkg: a command, or a module of pkg-config.
probe() {
	case $1 in
	libc6-dev | procps | libclang-rt-dev) ;;
	libxxhash-dev) pkg-config --exists libxxhash ;;
	libzmq3-dev) pkg-config --exists libzmq ;;
	liburcu-dev) pkg-config --exists liburcu-bp ;;
	libpcre2-dev) pkg-config --exists libpcre2-8 ;;
	default-jre-headless) command -v java ;;
	maven) command -v mvn ;;
	check) pkg-config --exists check ;;
	ripgrep) command -v rg ;;
	lib*-dev) p=${1#lib} p=${p%-dev}
		pkg-config --exists "$p" || pkg-config --exists "lib$p" ;;
	*) command -v "$1" ;;
	esac > /dev/null 2>&1
}

installed() {
	case $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) in
	installed) ;;
	*) return 1 ;;
	esac
}

present() {
	if command -v dpkg-query > /dev/null; then
		# A compiler, a pkg-config, a node by another package is as good.
		installed "$1" || case $1 in
		pkg-config | libclang-rt-dev | nodejs | npm | chromium | default-jre-headless)
			provided "$1" ;;
		*) false ;;
		esac
	else
		probe "$1"
	fi
}

provided() {
	case $1 in
	pkg-config) installed pkgconf ;;
	default-jre-headless) command -v java > /dev/null ;;
	nodejs) command -v node > /dev/null ;;
	npm) command -v npm > /dev/null ;;
	chromium) command -v chromium-browser > /dev/null ;;
	libclang-rt-dev)
		ls /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a \
			> /dev/null 2>&1 ;;
	esac
}

missing=
while read -r package why; do
	present "$package" && continue
	[ "$missing" ] || echo "deps: these Debian packages are missing:"
	printf '  %-18s %s\n' "$package" "$why"
	missing="$missing $package"
done <<END
$(wanted "${1:-}")
END
[ "$missing" ] || exit 0

# Why it cannot be done; without a browser one can live.
cannot() {
	echo "deps: $*" >&2
	[ "$missing" = ' chromium' ] || exit 1
	exit 0
}
command -v apt-get > /dev/null ||
	cannot 'no apt here; please install what corresponds'
root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo > /dev/null ||
		cannot "not root and no sudo; run: apt-get install$missing"
	root=sudo
fi
echo "deps: installing them (${root:+$root }apt-get install)"
$root apt-get -qq update
# shellcheck disable=SC2086  # a list of words
$root env DEBIAN_FRONTEND=noninteractive \
	apt-get -qq -y --no-install-recommends install $missing > /dev/null ||
	cannot "apt-get does not install$missing"
