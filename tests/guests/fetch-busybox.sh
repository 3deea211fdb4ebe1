#!/usr/bin/env bash
# Fetches Debian's busybox-static:i386 and puts the program at artifacts/guests/busybox (with its version beside it).
#
#   fetch-busybox.sh [--force]
#
# Uses apt's own configuration, keys and mirrors, but with lists and cache in a private folder, so that it needs no root and
# changes nothing on the system, also where i386 is no foreign architecture. Status 77, and a sentence on standard error,
# where it cannot be done.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
target=$PWD/artifacts/guests/busybox
package=busybox-static:i386

if [ -x "$target" ] && [ "${1:-}" != --force ]; then
    echo "$target"
    exit 0
fi
missing() {
    echo "busybox for i386 cannot be fetched: $*" >&2
    echo "Put a static i386 busybox at $target to do without." >&2
    exit 77
}
command -v apt-get > /dev/null || missing "this system has no apt-get (Debian's and Ubuntu's package tool)"
command -v dpkg-deb > /dev/null || missing "this system has no dpkg-deb"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/state/lists/partial "$work"/cache/archives/partial "${target%/*}"
: > "$work/state/status"

# Where i386 is known and its lists are there, a download suffices; else fetch lists of our own.
cd "$work"
if ! apt-get -q -o APT::Sandbox::User=root download "$package" > first.log 2>&1; then
    private=(-q -o Dir::State="$work/state" -o Dir::State::status="$work/state/status" -o Dir::Cache="$work/cache"
             -o APT::Architecture=i386 -o APT::Architectures=i386 -o APT::Sandbox::User=root -o Acquire::Languages=none)
    # An update may fail in part (a mirror in the middle of its own update) and still list the package.
    apt-get "${private[@]}" update > second.log 2>&1 || true
    if ! apt-get "${private[@]}" download "$package" >> second.log 2>&1; then
        cat second.log >&2
        missing "apt-get found no $package (no network, or a mirror without i386?)"
    fi
fi
deb=("$work"/busybox-static_*_i386.deb)
[ -e "${deb[0]}" ] || missing "apt-get delivered nothing"
dpkg-deb -x "${deb[0]}" "$work/package"
for program in "$work"/package/bin/busybox "$work"/package/usr/bin/busybox; do
    [ -f "$program" ] || continue
    install -m 755 "$program" "$target.new"
    mv "$target.new" "$target"
    dpkg-deb -f "${deb[0]}" Version > "$target.version"
    echo "$target"
    exit 0
done
missing "the package holds no busybox"
