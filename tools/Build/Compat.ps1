# Compat: runs Debian's programs and CPython's tests in machines, compares with what was recorded natively, and writes docs/compatibility.md.
# tests/compatibility/record.py records. CR_COMPATIBILITY_SECONDS limits each run.
. ([IO.Path]::Combine($PSScriptRoot, 'Prerequisites.ps1'))
Install-TestPrerequisite
$project = [IO.Path]::Combine($root, 'tests', 'Core')
Invoke-Tool 'Compiling tests/Core' dotnet @('build', $project, '-c', 'Release', '-v', 'q', '-nologo')
& dotnet ([IO.Path]::Combine($project, 'bin', 'Release', 'net10.0', 'CheckpointRestart.Core.Tests.dll')) -noLogo -noColor -diagnostics -explicit only -class '*CompatibilityPage' | Out-Host
exit $LASTEXITCODE
