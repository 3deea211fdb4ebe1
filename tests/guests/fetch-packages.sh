#!/usr/bin/env bash
# Downloads Debian packages for i386, without root and without changing the system.
#
#   fetch-packages.sh FOLDER RELEASE NAME=VERSION...
#
# Into FOLDER, which must be empty, come the .deb files: of these versions, from the mirrors of this system or, where it is of another
# release, from that RELEASE on them; where no mirror has them any more, of any version. Uses apt's own configuration, keys and mirrors,
# but with lists and cache in a private folder, also where i386 is no foreign architecture. Status 77, and a sentence on standard error,
# where it cannot be done.
set -euo pipefail
folder=$(cd "$1" && pwd)
release=$2
shift 2
pinned=("${@/=/:i386=}")
names=("${@%%=*}")
names=("${names[@]/%/:i386}")

missing() {
    echo "packages for i386 cannot be fetched: $*" >&2
    exit 77
}
command -v apt-get > /dev/null || missing "this system has no apt-get (Debian's and Ubuntu's package tool)"
command -v dpkg-deb > /dev/null || missing "this system has no dpkg-deb"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{state/lists,cache/archives,parts}/partial
: > "$work/state/status"
cd "$folder"

options=(-q -o APT::Sandbox::User=root)
private=("${options[@]}" -o Dir::State="$work/state" -o Dir::State::status="$work/state/status" -o Dir::Cache="$work/cache"
         -o APT::Architecture=i386 -o APT::Architectures=i386 -o Acquire::Languages=none)
of_release=("${private[@]}" -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts="$work/parts")
download() { # apt-get's options, then --, then packages: all or none
    local arguments=()
    while [ "$1" != -- ]; do arguments+=("$1"); shift; done
    shift
    rm -f ./*.deb
    apt-get "${arguments[@]}" download "$@" >> "$work/log" 2>&1
}
update() { # it may fail in part (a mirror in the middle of its own update) and still list the packages
    apt-get "$@" update >> "$work/log" 2>&1 || true
}
add_release() {
    local key=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -f "$key" ] || key=
    apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>> "$work/log" | sort -u | while read -r site; do
        case $site in
            *security*) echo "deb ${key:+[signed-by=$key]} $site $release-security main" ;;
            *) echo "deb ${key:+[signed-by=$key]} $site $release main" ;;
        esac
    done > "$work/sources.list"
    update "${of_release[@]}"
}

download "${options[@]}" -- "${pinned[@]}" ||
    { update "${private[@]}"; download "${private[@]}" -- "${pinned[@]}"; } ||
    { add_release; download "${of_release[@]}" -- "${pinned[@]}"; } ||
    download "${options[@]}" -- "${names[@]}" ||
    download "${private[@]}" -- "${names[@]}" ||
    download "${of_release[@]}" -- "${names[@]}" ||
    { cat "$work/log" >&2; missing "apt-get found not all of ${names[*]} (no network, or a mirror without i386?)"; }
