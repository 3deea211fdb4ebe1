# Mutate: samples small changes of the processor's meaning; each must make a test of src/Core fail. The report is also in artifacts/mutation/report.txt.
param([switch] $NoBuild, [string[]] $Remaining)

. ([IO.Path]::Combine($PSScriptRoot, 'Prerequisites.ps1'))
Install-TestPrerequisite
$tool = [IO.Path]::Combine($root, 'tools', 'Mutate')
if (-not $NoBuild) {
    Invoke-Tool 'Compiling tests/Core' dotnet @('build', [IO.Path]::Combine($root, 'tests', 'Core'), '-c', 'Release', '-v', 'q', '-nologo')
    Invoke-Tool 'Compiling tools/Mutate' dotnet @('build', $tool, '-c', 'Release', '-v', 'q', '-nologo')
}
$arguments = @([IO.Path]::Combine($tool, 'bin', 'Release', 'net10.0', 'Mutate.dll'), $root) + $Remaining
& dotnet @arguments | Out-Host
