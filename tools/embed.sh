#!/bin/sh
# embed.sh FOLDER - the files of the page as a C table: index.html is `/`, the
# others are /assets/NAME. Compressed, with a hash of their content as ETag.
set -eu

type_of() {
	case $1 in
	*.html) echo 'text/html; charset=utf-8' ;;
	*.js) echo 'text/javascript; charset=utf-8' ;;
	*.css) echo 'text/css; charset=utf-8' ;;
	*.svg) echo 'image/svg+xml' ;;
	*.json | *.map) echo 'application/json' ;;
	*.woff2) echo 'font/woff2' ;;
	*.png) echo 'image/png' ;;
	*.txt) echo 'text/plain; charset=utf-8' ;;
	*) echo 'application/octet-stream' ;;
	esac
}

path_of() {
	case $1 in
	index.html) echo / ;;
	*) echo "/assets/$1" ;;
	esac
}

files() { find "$1" -maxdepth 1 -type f -printf '%f\n' | LC_ALL=C sort; }

echo '#include "sink/sse/page.h"'
n=0
for f in $(files "$1"); do
	echo "static const unsigned char data$n[] = {"
	gzip -9nc "$1/$f" | od -An -v -tu1 | sed 's/  */,/g; s/^,//; s/$/,/'
	echo '};'
	n=$((n + 1))
done
echo 'const struct page_file page_files[] = {'
n=0
for f in $(files "$1"); do
	tag=$(sha256sum < "$1/$f" | cut -c 1-24)
	printf '\t{ "%s", "%s", "\\"%s\\"", data%d, sizeof data%d, %d },\n' \
		"$(path_of "$f")" "$(type_of "$f")" "$tag" $n $n \
		"$(wc -c < "$1/$f")"
	n=$((n + 1))
done
echo '	{ 0 }'
echo '};'
