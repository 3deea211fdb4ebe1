#!/usr/bin/env bash
# Fetches Debian's busybox-static:i386 and puts the program at artifacts/guests/busybox (with its version beside it).
#
#   fetch-busybox.sh [--force]
#
# The version is the one that the cases were recorded with; where no mirror has it, any other, with a warning. Needs no root and changes
# nothing on the system (see fetch-packages.sh). Status 77, and a sentence on standard error, where it cannot be done.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(cd "$here/../.." && pwd)/artifacts/guests/busybox
recorded=$(sed -n 's/.*"busybox-static:i386=\(.*\)".*/\1/p' "$here/busybox/cases.json")
release=bookworm # where that version is

if [ -x "$target" ] && [ "${1:-}" != --force ]; then
    echo "$target"
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/debs" "${target%/*}"
"$here/fetch-packages.sh" "$work/debs" "$release" "busybox-static=$recorded" ||
    { echo "Put a static i386 busybox at $target to do without." >&2; exit 77; }

deb=("$work"/debs/busybox-static_*_i386.deb)
dpkg-deb -x "${deb[0]}" "$work/package"
version=$(dpkg-deb -f "${deb[0]}" Version)
[ "$version" = "$recorded" ] || echo "busybox $version instead of $recorded: outputs may differ from the recorded ones" >&2
for program in "$work"/package/bin/busybox "$work"/package/usr/bin/busybox; do
    [ -f "$program" ] || continue
    install -m 755 "$program" "$target.new"
    mv "$target.new" "$target"
    echo "$version" > "$target.version"
    echo "$target"
    exit 0
done
echo "the package holds no busybox" >&2
exit 77
