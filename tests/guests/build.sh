#!/usr/bin/env bash
# Builds the guests: src/*.c and src/*.S -> small static i386 ELF files; debian/*.c -> files that want Debian's C library.
#
#   build.sh [-o DIRECTORY] [NAME...]   into DIRECTORY (default: bin and debian/bin, the committed files), all or only those named
#   build.sh --check                    builds elsewhere and compares with bin: byte for byte under the compiler that
#                                       bin/COMPILER names, else by the outputs of cases.json (see record.py);
#                                       status 77 where this machine can do neither
#
# Needs gcc that accepts -m32 and binutils; no 32-bit libc: most guests use none, the others are linked with empty libraries of its names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
here=$PWD

out=bin check=0 names=()
while [ $# -gt 0 ]; do
    case $1 in
        -o) out=$2; shift 2 ;;
        --check) check=1; shift ;;
        -*) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2 ;;
        *) names+=("$1"); shift ;;
    esac
done

cannot() {
    echo "the guests cannot be built or compared here: $*" >&2
    exit 77
}
command -v gcc > /dev/null || cannot "there is no gcc"
echo 'int guest;' | gcc -m32 -x c -c -o /dev/null - 2> /dev/null || cannot "gcc does not take -m32"
compiler="$(gcc -dumpfullversion) $(gcc -dumpmachine), $(ld --version | head -n 1)"
[ $check = 0 ] || out=$(mktemp -d)
mkdir -p "$out"
[ ${#names[@]} -gt 0 ] || for source in src/*.c src/*.S debian/*.c; do
    [ -e "$source" ] && names+=("$(basename "${source%.*}")")
done

flags=(-m32 -march=i686 -mno-mmx -mno-sse -std=gnu17 -O1 -ffreestanding -fomit-frame-pointer -fno-pic -fno-stack-protector
       -fno-asynchronous-unwind-tables -fno-ident -fcf-protection=none -fno-tree-loop-distribute-patterns
       -ffunction-sections -fdata-sections -fno-toplevel-reorder -Wall -Wextra -Werror
       "-ffile-prefix-map=$here=." -nostdlib -no-pie
       -Wl,--build-id=none,--gc-sections,-z,noexecstack,-z,noseparate-code,--no-warn-rwx-segments)
# Libraries with the names and versions that debian/*.map list, and nothing in them.
libraries=$(mktemp -d)
trap 'rm -rf "$libraries"' EXIT
for map in debian/*.map; do
    library=$(basename "${map%.map}")
    sed 's/^GLIBC[^{]*{ *global://; s/};//' "$map" | tr -d ' \n' | sed 's/\([^;]*\);/void \1(void);void \1(void){}\n/g' > "$libraries/$library.c"
    gcc -m32 -w -fno-builtin -fno-pic -shared -nostdlib "-Wl,-soname,$library.so.6,--version-script=$map" -o "$libraries/$library.so" "$libraries/$library.c"
done
# The debugger's guests are there to have symbols: the global ones, since local ones name the temporary object file.
with_symbols=" stepper frames "

for name in "${names[@]}"; do
    if [ -e "debian/$name.c" ]; then
        to=$out
        [ "$out" != bin ] || to=debian/bin
        mkdir -p "$to"
        gcc "${flags[@]}" -s -fno-builtin -Wl,--hash-style=gnu,-z,now,--dynamic-linker=/lib/ld-linux.so.2 -o "$to/$name" "debian/$name.c" \
            "$libraries"/libm.so "$libraries"/libc.so
        continue
    fi
    source=src/$name.c
    [ -e "$source" ] || source=src/$name.S
    read -ra own < <(sed -n '1s|^/\* build: \(.*\) \*/$|\1|p' "$source") || true
    strip=(-s)
    [ "${with_symbols/ $name /}" = "$with_symbols" ] || strip=(-Wl,--discard-all)
    gcc "${flags[@]}" -static "${strip[@]}" "${own[@]}" -o "$out/$name" "$source"
done
[ "$out" = bin ] && [ $check = 0 ] && printf '%s\n' "$compiler" > bin/COMPILER
[ $check = 1 ] || exit 0

status=0
if [ "$compiler" = "$(cat bin/COMPILER)" ]; then
    for name in "${names[@]}"; do
        committed=bin/$name
        [ -e "$committed" ] || committed=debian/$committed
        cmp "$out/$name" "$committed" || status=1
    done
else
    [ "$(id -u)" = 0 ] && command -v python3 > /dev/null ||
        cannot "under another compiler ($compiler) the comparison runs the guests, which needs root and python3"
    echo "another compiler ($compiler): comparing behaviour" >&2
    GUEST_BIN=$out ./record.py --check own || status=1
fi
rm -rf "$out"
exit $status
