#!/usr/bin/env bash
# Prints the number of lines of each package without its tests, the largest first, and fails if a
# package is above its bound. Packages that only tests import (those under test/, and those whose
# name ends in "test") are listed separately and have no bound.
set -euo pipefail
cd "$(dirname "$0")/.."

bound() {
	case $1 in
	proxy/scim) echo 2300 ;;
	proxy) echo 1300 ;; # the composition root has a line for each part
	*) echo 1200 ;;
	esac
}

sizes=$(git ls-files -co --exclude-standard '*.go' | grep -v '_test\.go$' | while read -r file; do
	[ ! -f "$file" ] || echo "$(dirname "$file") $(wc -l <"$file")"
done | awk '{ lines[$1] += $2 } END { for (p in lines) print lines[p], p }' | sort -k1,1nr -k2)

failed=0 support=
while read -r lines package; do
	case $package in
	test/* | *test) support+=$(printf '%6d  %s' "$lines" "$package")$'\n' && continue ;;
	esac
	above=
	if [ "$lines" -gt "$(bound "$package")" ]; then
		failed=1 above="  above $(bound "$package")"
	fi
	printf '%6d  %s%s\n' "$lines" "$package" "$above"
done <<<"$sizes"
printf 'test support, without a bound:\n%s' "$support"
exit $failed
