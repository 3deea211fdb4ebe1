#!/usr/bin/env bash
# Fuzzes the readers of images: see README.md. fuzz.sh [run COUNT SEED | try FILE]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$here/../../artifacts/fuzz
golden=$here/../image/golden
export CR_FUZZ_ROOT=$golden/root AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1
mkdir -p "$work"
dotnet publish "$here" -c Release -o "$work/program" -v q -nologo
fuzz() { dotnet "$work/program/CheckpointRestart.Fuzz.dll" "$@"; }
rm -rf "$work/corpus"
fuzz corpus "$golden" "$work/corpus"
case ${1:-afl} in
    run) cd "$work" && fuzz run corpus "$2" "$3" ;;
    try) fuzz try "$2" ;;
    afl)
        command -v afl-fuzz > /dev/null || { echo "no afl-fuzz (package afl++); fuzz.sh run COUNT SEED needs none" >&2; exit 1; }
        [ -x "$work/tool/sharpfuzz" ] || dotnet tool install SharpFuzz.CommandLine --tool-path "$work/tool"
        "$work/tool/sharpfuzz" "$work/program/CheckpointRestart.Core.dll"
        afl-fuzz -i "$work/corpus" -o "$work/found" -t 20000 -m none -- dotnet "$work/program/CheckpointRestart.Fuzz.dll" afl
        ;;
esac
