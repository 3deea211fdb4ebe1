<#
.SYNOPSIS
Measures against the peers: whole programs in pairs with qemu-i386 (integer, x87 and SSE loops), what system calls cost, instructions a second, start-up of the module; with -Parts the pieces, by BenchmarkDotNet.
#>
param([switch] $Parts, [Parameter(ValueFromRemainingArguments)] [string[]] $Remaining)

$project = [IO.Path]::Combine($PSScriptRoot, 'CheckpointRestart.Bench.csproj')
$arguments = @('run', '-c', 'Release', '--project', $project, '-v', 'q', '--')
$arguments += if ($Parts) { 'parts' } else { 'programs', [Environment]::ProcessPath }
& dotnet @arguments @Remaining | Out-Host
exit $LASTEXITCODE
