#!/usr/bin/env bash
# Fetches Debian's C library and the programs of debian/packages.txt for i386 and unpacks them, without their documentation, as a root
# directory at artifacts/guests/debian (with the versions beside it).
#
#   fetch-debian.sh [--force]
#
# The versions are those that the cases were recorded with; where no mirror has them, others, with a warning. Needs no root, changes
# nothing on the system and runs nothing of what it unpacks. Status 77, and a sentence on standard error, where it cannot be done.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(cd "$here/../.." && pwd)/artifacts/guests/debian
list=$here/debian/packages.txt
release=bookworm # where those versions are

if [ -d "$target" ] && cmp -s "$list" "$target.list" && [ "${1:-}" != --force ]; then
    echo "$target"
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/debs" "$work/root" "${target%/*}"
mapfile -t packages < <(sed 's/ /=/' "$list")
"$here/fetch-packages.sh" "$work/debs" "$release" "${packages[@]}"

for deb in "$work"/debs/*_i386.deb "$work"/debs/*_all.deb; do
    [ -e "$deb" ] || continue
    name=$(dpkg-deb -f "$deb" Package) version=$(dpkg-deb -f "$deb" Version)
    grep -qxF "$name $version" "$list" || echo "$name $version is another than the recorded one: outputs may differ" >&2
    dpkg-deb -x "$deb" "$work/root"
done
rm -rf "$work"/root/usr/share/{doc,doc-base,info,lintian,locale,man,menu,bug,applications,pixmaps} "$work"/root/usr/lib/i386-linux-gnu/gconv
chmod -R u+w "$work/root"
rm -rf "$target" "$target.new"
mv "$work/root" "$target.new"
mv "$target.new" "$target"
cp "$list" "$target.list"
echo "$target"
