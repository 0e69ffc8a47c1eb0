#!/bin/sh
# run.sh BUILDDIR - the page in a real browser, against the real daemons.
# Needs node, Debian's chromium, and the page's own npm packages, which the
# build has put beside the page it built; says what is missing, and skips.
# Screenshots and figures go to BUILDDIR/browser/. The files run side by side,
# each with a fleet and a browser of its own.
set -eu

build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)

skip() {
	printf 'browser: skipped: %s\n' "$1"
	exit 0
}

command -v node > /dev/null || skip 'no node'
chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || :)}
[ -n "$chromium" ] || skip 'no chromium'
[ -x "$build/mql-sink-sse" ] || skip 'no mql-sink-sse in the build'
for modules in "$build/../web/node_modules" \
	"$here/../../sink/sse/web/node_modules" ''; do
	[ -d "$modules/playwright-core" ] && break
done
[ -n "$modules" ] || skip 'no playwright-core: the page was built with WEB=0'

MQL_BUILD=$build
MQL_MODULES=$(cd "$modules" && pwd)
MQL_CHROMIUM=$chromium
export MQL_BUILD MQL_MODULES MQL_CHROMIUM
mkdir -p "$build/browser"

exec node --test --test-reporter=spec "$here"/*.test.mjs
