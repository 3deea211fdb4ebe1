#!/usr/bin/env bash
# Makes a root directory for the recorded cases and for the demonstrations, without running any i386 code.
#
#   make-root.sh DIRECTORY [BUSYBOX [DEBIAN]]
#
# BUSYBOX defaults to artifacts/guests/busybox (see fetch-busybox.sh); with "none" the root holds only our own guests. With DEBIAN,
# artifacts/guests/debian as fetch-debian.sh makes it, the root also holds that directory's contents and the guests that want its C library.
#   /bin/busybox, and a link to it for each applet, where `busybox --install -s` puts them (busybox/applets.txt)
#   /guests/*                 our own guests
#   /etc, /fixture            busybox/root-fixture, and the files generated below
#   /escape                   links that lead out of the root
#   /tmp, /dev, /proc         empty
# All times are 2023-11-14 22:13:20 UTC, so that listings and archives are the same everywhere.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=${1:?usage: make-root.sh DIRECTORY [BUSYBOX [DEBIAN]]}
busybox=${2:-$here/../../artifacts/guests/busybox}
debian=${3:-}

umask 022
if [ -n "$debian" ]; then
    [ -d "$debian" ] || { echo "no directory at $debian: run $here/fetch-debian.sh" >&2; exit 1; }
    mkdir -p "$root/guests"
    cp -R "$debian/." "$root"
    install -m 755 "$here"/debian/bin/* "$root/guests/"
fi
mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,etc,dev,proc,tmp,guests,escape}
cp -R "$here/busybox/root-fixture/." "$root"
for guest in "$here"/bin/*; do
    case $guest in */COMPILER) ;; *) install -m 755 "$guest" "$root/guests/" ;; esac
done
if [ "$busybox" != none ]; then
    [ -f "$busybox" ] || { echo "no busybox at $busybox: run $here/fetch-busybox.sh" >&2; exit 1; }
    install -m 755 "$busybox" "$root/bin/busybox"
    while read -r applet; do
        [ "$applet" = bin/busybox ] || ln -sf /bin/busybox "$root/$applet"
    done < "$here/busybox/applets.txt"
fi
ln -sfn /etc/passwd "$root/escape/absolute"
ln -sfn ../../../../../../../../../../../../etc/passwd "$root/escape/dots"
ln -sfn ../../../../../../../../../../../.. "$root/escape/up"

# 8 MiB, 1 MiB, 512 KiB and 64 KiB of numbers, one a line (the last line is cut off), and 1500 lines in an order of their own.
numbers() { (set +o pipefail; seq 1 1299999 2> /dev/null | head -c "$1"); }
numbers 8388608 > "$root/fixture/eight.txt"
numbers 1048576 > "$root/fixture/mega.txt"
numbers 524288 > "$root/fixture/half.txt"
numbers 65536 > "$root/fixture/numbers.txt"
i=1
for ((n = 0; n < 1500; n++)); do
    ((i = i * 75 % 65537))
    echo "$i line$((i % 97)) $n"
done > "$root/fixture/shuffled.txt"

chmod -R u=rwX,go=rX "$root"
chmod 755 "$root/fixture/script.sh" "$root"/guests/*
chmod 1777 "$root/tmp"
find "$root" -exec touch -h -d @1700000000 {} +
