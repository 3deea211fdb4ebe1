#!/usr/bin/env bash
# Fetches the Debian packages for i386 that the tests make a root from (debian/root-packages.txt: shells, interpreters, compilers, servers
# and all that they depend on) as .deb files into artifacts/guests/debs. Nothing is unpacked: New-CrRoot makes the root from them.
#
#   fetch-root.sh [--force]
#
# The versions are pinned; where no mirror has them any more, others come, with a warning. Needs no root and changes nothing on the system
# (see fetch-packages.sh). The last line of the output is the folder. Status 77, and a sentence on standard error, where it cannot be done.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(cd "$here/../.." && pwd)/artifacts/guests/debs
list=$here/debian/root-packages.txt
release=bookworm # where those versions are

if [ -d "$target" ] && cmp -s "$list" "$target.list" && [ "${1:-}" != --force ]; then
    echo "$target"
    exit 0
fi

mkdir -p "${target%/*}"
new=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$new"' EXIT
chmod 755 "$new"
mapfile -t packages < <(sed 's/ /=/' "$list")
"$here/fetch-packages.sh" "$new" "$release" "${packages[@]}"

for deb in "$new"/*.deb; do
    package=$(dpkg-deb -f "$deb" Package) version=$(dpkg-deb -f "$deb" Version)
    grep -qxF "$package $version" "$list" || echo "$package $version is another than the pinned one: outputs may differ" >&2
done
rm -rf "$target"
mv "$new" "$target"
cp "$list" "$target.list"
echo "$target"
