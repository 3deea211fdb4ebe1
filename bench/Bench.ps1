<#
.SYNOPSIS
Measures against the peers, qemu-i386 and the machine itself where it runs i386 programs, in one run.
.DESCRIPTION
  ./build.sh Bench                      suite, calls and start
  ./build.sh Bench suite json -runs 3   one suite, or programs of it; what there is and what it takes: ./build.sh Bench help
  ./build.sh Bench report [-runs N]     everything, and docs/performance.md of it
  ./build.sh Bench parts                the pieces, by BenchmarkDotNet
#>
param([Parameter(ValueFromRemainingArguments)] [string[]] $Remaining)

$ErrorActionPreference = 'Stop'
$root = [IO.Path]::GetDirectoryName($PSScriptRoot)
$artifacts = [IO.Path]::Combine($root, 'artifacts')
. ([IO.Path]::Combine($root, 'tools', 'Build', 'Common.ps1'))

# As the module is shipped: compiled ahead of time.
$bin = [IO.Path]::Combine($artifacts, 'bench', 'bin')
$program = [IO.Path]::Combine($bin, 'CheckpointRestart.Bench.dll')
$sources = @('src/Core', 'bench', 'Directory.Build.props', 'Directory.Packages.props', 'global.json').ForEach({ [IO.Path]::Combine($root, $_) })
if (-not [IO.File]::Exists($program) -or [IO.File]::GetLastWriteTimeUtc($program) -lt (Get-NewestWrite $sources)) {
    $new = "$bin-$PID"
    Invoke-Tool 'Compiling bench' dotnet @('publish', [IO.Path]::Combine($PSScriptRoot, 'CheckpointRestart.Bench.csproj'), '-c', 'Release', '-o', $new, '-v', 'q', '-nologo')
    Invoke-Tool 'Compiling ahead of time' dotnet @('msbuild', [IO.Path]::Combine($root, 'tools', 'ReadyToRun', 'ReadyToRun.csproj'), '-restore', '-t:ReadyToRun', "-p:Folder=$new",
        '-p:Names=CheckpointRestart.Core.dll+CheckpointRestart.Bench.dll+Iced.dll', '-v:q', '-nologo') -Optional
    [IO.File]::SetLastWriteTimeUtc([IO.Path]::Combine($new, 'CheckpointRestart.Bench.dll'), [DateTime]::UtcNow)
    Move-IntoPlace $new $bin
}
$env:CR_BENCH_HOST = [Environment]::ProcessPath
$commands = [Collections.Generic.List[string[]]]::new()
if ($Remaining -and $Remaining[0] -eq 'report') {
    # Everything anew, then the page of it. With a file of figures, the page alone.
    if ($Remaining.Count -eq 2 -and [IO.File]::Exists($Remaining[1])) { $commands.Add($Remaining) }
    else {
        $csv = [IO.Path]::Combine($artifacts, 'bench', 'results.csv')
        [IO.File]::Delete($csv)
        $rest = if ($Remaining.Count -gt 1) { $Remaining[1..($Remaining.Count - 1)] } else { @() }
        foreach ($one in 'suite', 'debian', 'calls', 'start', 'memory', 'scale') { $commands.Add(@($one, '-csv', $csv) + $rest) }
        $commands.Add(@('report', $csv))
    }
}
elseif ($Remaining) { $commands.Add($Remaining) }
else { foreach ($one in 'suite', 'calls', 'start') { $commands.Add(@($one)) } }
$status = 0
foreach ($command in $commands) {
    & dotnet $program @command | Out-Host
    if ($LASTEXITCODE -ne 0) { $status = $LASTEXITCODE }
}
exit $status
