# Compat: runs Debian's programs and CPython's tests in machines, compares with what was recorded natively, and writes docs/compatibility.md.
# tests/compatibility/record.py records. With a part of a name, or "differing", only those are run again. CR_COMPATIBILITY_SECONDS limits each run.
param([Parameter(Position = 0)] [string] $Again)

$env:CR_COMPATIBILITY_NAMES = $Again
. ([IO.Path]::Combine($PSScriptRoot, 'Prerequisites.ps1'))
Install-TestPrerequisite
$project = [IO.Path]::Combine($root, 'tests', 'Core')
Invoke-Tool 'Compiling tests/Core' dotnet @('build', $project, '-c', 'Release', '-v', 'q', '-nologo')
& dotnet ([IO.Path]::Combine($project, 'bin', 'Release', 'net10.0', 'CheckpointRestart.Core.Tests.dll')) -noLogo -noColor -diagnostics -explicit only -class '*CompatibilityPage' | Out-Host
exit $LASTEXITCODE
