#!/usr/bin/env bash
# Fetches Debian's busybox-static:i386 and puts the program at artifacts/guests/busybox (with its version beside it).
#
#   fetch-busybox.sh [--force]
#
# The version is the one that the cases were recorded with; where no mirror has it, any other, with a warning.
# Uses apt's own configuration, keys and mirrors, but with lists and cache in a private folder, so that it needs no root and
# changes nothing on the system, also where i386 is no foreign architecture. Status 77, and a sentence on standard error,
# where it cannot be done.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(cd "$here/../.." && pwd)/artifacts/guests/busybox
package=busybox-static:i386
recorded=$(sed -n 's/.*"busybox-static:i386=\(.*\)".*/\1/p' "$here/busybox/cases.json")
release=bookworm # where that version is

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
mkdir -p "$work"/{state/lists,cache/archives,parts}/partial "${target%/*}"
: > "$work/state/status"
cd "$work"

options=(-q -o APT::Sandbox::User=root)
private=("${options[@]}" -o Dir::State="$work/state" -o Dir::State::status="$work/state/status" -o Dir::Cache="$work/cache"
         -o APT::Architecture=i386 -o APT::Architectures=i386 -o Acquire::Languages=none)
download() { # a version or nothing, then apt-get's options
    local version=$1
    shift
    apt-get "$@" download "$package${version:+=$version}" >> log 2>&1
}
update() { # it may fail in part (a mirror in the middle of its own update) and still list the package
    apt-get "$@" update >> log 2>&1 || true
}
# The recorded release on the mirrors that this system uses, for systems of another release.
of_release() {
    local key=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -f "$key" ] || key=
    apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>> log | sort -u |
        sed "s|.*|deb ${key:+[signed-by=$key]} & $release main|" > sources.list
    update "${private[@]}" -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts="$work/parts"
    download "$recorded" "${private[@]}" -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts="$work/parts"
}

download "$recorded" "${options[@]}" ||
    { update "${private[@]}"; download "$recorded" "${private[@]}"; } ||
    of_release ||
    download "" "${options[@]}" ||
    download "" "${private[@]}" ||
    { cat log >&2; missing "apt-get found no $package (no network, or a mirror without i386?)"; }

deb=(busybox-static_*_i386.deb)
[ -e "${deb[0]}" ] || missing "apt-get delivered nothing"
dpkg-deb -x "${deb[0]}" package
version=$(dpkg-deb -f "${deb[0]}" Version)
[ "$version" = "$recorded" ] || echo "busybox $version instead of $recorded: outputs may differ from the recorded ones" >&2
for program in package/bin/busybox package/usr/bin/busybox; do
    [ -f "$program" ] || continue
    install -m 755 "$program" "$target.new"
    mv "$target.new" "$target"
    echo "$version" > "$target.version"
    echo "$target"
    exit 0
done
missing "the package holds no busybox"
