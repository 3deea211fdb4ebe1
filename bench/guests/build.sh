#!/usr/bin/env bash
# Builds the suite's guests: src/*.c -> bin, small static i386 ELF files without a C library, optimised (the committed ones are gcc 12's), and
# records what each prints at a small size and at its own: outputs.
#
#   build.sh [NAME...]     into bin, all or only those named
#   build.sh --record      runs them (natively, or under qemu-i386 where that is not possible) and writes outputs
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if [ "${1:-}" = --record ]; then
    run=
    bin/recursion 5 > /dev/null 2>&1 || run=qemu-i386
    for source in src/*.c; do
        name=$(basename "${source%.c}")
        [ "$name" != scale ] && [ "$name" != coldcode ] || continue
        $run "bin/$name" "$(sed -n "s/^$name //p" small)"
        $run "bin/$name"
    done > outputs
    exit
fi

names=("$@")
[ ${#names[@]} -gt 0 ] || for source in src/*.c; do names+=("$(basename "${source%.c}")"); done
# What Debian's compiler does for i386, without position-independent code.
flags=(-m32 -march=i686 -mtune=generic -std=gnu17 -O2 -ffreestanding -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables -fno-ident
       -fcf-protection=none -fno-tree-loop-distribute-patterns -ffunction-sections -fdata-sections -Wall -Wextra -Werror
       "-ffile-prefix-map=$PWD=." -static -nostdlib -no-pie -s -Wl,--build-id=none,--gc-sections,-z,noexecstack,-z,noseparate-code,--no-warn-rwx-segments)
mkdir -p bin
for name in "${names[@]}"; do
    read -ra own < <(sed -n '1s|^/\* build: \(.*\) \*/$|\1|p' "src/$name.c") || true
    gcc "${flags[@]}" "${own[@]}" -o "bin/$name" "src/$name.c"
done
