#!/bin/sh
# Runs build.ps1 with pwsh 7.6 or newer, or else with the host in tools/PSHost, which needs nothing but the .NET SDK.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mkdir -p "$root/artifacts"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
export MSBUILDDISABLENODEREUSE=1 POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off
# The SDK keeps packages and its own notes in HOME; an account without one gets a home of its own here.
if [ -z "${HOME:-}" ] || [ ! -d "$HOME" ] || [ ! -w "$HOME" ]; then
    HOME=$root/artifacts/home
    mkdir -p "$HOME"
    export HOME
fi

if ! command -v dotnet >/dev/null 2>&1; then
    echo 'build.sh: the .NET 10 SDK is needed: https://dotnet.microsoft.com/download' >&2
    exit 1
fi

# Builds the host when there is none or when one of its sources is newer; prints nothing unless that fails.
prepare_host() {
    host=$root/artifacts/pshost/PSHost
    if [ -x "$host" ] && [ -z "$(find "$root/tools/PSHost" "$root/tools/ReadyToRun" "$root/Directory.Build.props" "$root/Directory.Packages.props" "$root/global.json" \
        \( -name bin -o -name obj \) -prune -o -type f -newer "$host" -print | head -n 1)" ]; then
        return
    fi
    new=$root/artifacts/pshost.$$
    log=$root/artifacts/pshost.log
    if ! dotnet publish "$root/tools/PSHost/PSHost.csproj" -c Release -o "$new" -v q -nologo >"$log" 2>&1; then
        cat "$log" >&2
        echo 'build.sh: tools/PSHost could not be built' >&2
        exit 1
    fi
    # Ahead-of-time code makes the host start three times as fast; it works without.
    dotnet msbuild "$root/tools/ReadyToRun/ReadyToRun.csproj" -restore -t:ReadyToRun "-p:Folder=$new" -p:Names=PSHost.dll+System.Management.Automation.dll -v:q -nologo >>"$log" 2>&1 || true
    touch "$new/PSHost"
    if [ -d "$root/artifacts/pshost" ]; then mv "$root/artifacts/pshost" "$new.old"; fi
    mv "$new" "$root/artifacts/pshost"
    rm -rf "$new.old"
}

if command -v pwsh >/dev/null 2>&1 && pwsh -NoProfile -NonInteractive -Command 'exit [int]($PSVersionTable.PSVersion -lt [version]"7.6")' >/dev/null 2>&1; then
    host=pwsh
else
    prepare_host
fi

case ${1:-} in
    '' | '-?' | -h | -help | --help) set -- Help ;;
esac
case $1 in
    [Ss]hell)
        # Everything after the task belongs to the session.
        shift
        "$host" -NoProfile -NonInteractive -File "$root/build.ps1" Build -Quiet
        if [ $# -eq 0 ]; then set -- -NoExit -File "$root/tools/Shell.ps1"; else set -- -File "$root/tools/Shell.ps1" "$@"; fi
        exec "$host" -NoProfile "$@"
        ;;
esac
exec "$host" -NoProfile -NonInteractive -File "$root/build.ps1" "$@"
