# Compat: runs Debian's programs in a machine, compares with what was recorded natively, and writes docs/compatibility.md. tests/compatibility/record.py records.
param([Parameter(Position = 0)] [string] $RootDirectory = $env:CR_COMPATIBILITY_ROOT)

if (-not $RootDirectory -or -not [IO.Directory]::Exists($RootDirectory)) { throw 'Compat needs a root directory with the packages of tests/guests/debian/root-packages.txt.' }
$project = [IO.Path]::Combine($root, 'tests', 'Core')
Invoke-Tool 'Compiling tests/Core' dotnet @('build', $project, '-c', 'Release', '-v', 'q', '-nologo')
$env:CR_COMPATIBILITY_ROOT = [IO.Path]::GetFullPath($RootDirectory)
$env:CR_COMPATIBILITY_PAGE = '1'
& dotnet ([IO.Path]::Combine($project, 'bin', 'Release', 'net10.0', 'CheckpointRestart.Core.Tests.dll')) -noLogo -noColor -diagnostics -method '*CompatibilityTests.The_page_can_be_written' | Out-Host
exit $LASTEXITCODE
