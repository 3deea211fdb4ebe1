<#
.SYNOPSIS
Every task of the repository: Build, Demo, Test, Mutate, Bench, Package, Clean.
.DESCRIPTION
Where pwsh is absent, build.sh builds a small host and runs this script with it. The script therefore keeps to the engine's own cmdlets,
Write-Host and .NET.
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Help', 'Build', 'Demo', 'Test', 'Mutate', 'Compat', 'Bench', 'Package', 'Clean')]
    [string] $Task = 'Help',

    # Test: everything, also what takes longer than twenty minutes.
    [switch] $Long,

    # Test: the Pester files alone, under PowerShell itself and this version of Pester (5.5 to 6), both from NuGet.
    [version] $Pester,

    # Test: only Pester files and test classes whose name contains this (wildcards allowed).
    [string] $Name,

    # Test, Mutate, Demo, Bench: use what was built before.
    [switch] $NoBuild,

    # Build: also when nothing has changed.
    [switch] $Force,

    # Build: say nothing unless something fails.
    [switch] $Quiet,

    # Passed on to Demo, Mutate and Bench.
    [Parameter(ValueFromRemainingArguments)]
    [string[]] $Remaining
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
$env:MSBUILDDISABLENODEREUSE = '1'
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_NOLOGO = '1'

$root = $PSScriptRoot
$artifacts = [IO.Path]::Combine($root, 'artifacts')
$null = [IO.Directory]::CreateDirectory($artifacts)

. ([IO.Path]::Combine($root, 'tools', 'Build', 'Common.ps1'))

switch ($Task) {
    'Help' {
        Write-Host @'
./build.sh <task>        (or, in PowerShell 7.6 or newer: ./build.ps1 <task>)

  Build      compiles the module; afterwards Import-Module ./CheckpointRestart.psd1 works    -Force  -Quiet
  Demo       starts a program, freezes it, saves it, and restores it in a second process    -NoBuild
  Test       runs the tests of src/Core and of the module      -Long  -Name <part of a name>  -NoBuild  -Pester <version>
  Mutate     changes the processor's meaning in single places, and tells which changes the tests catch    [<count> [<seed>]]  -NoBuild
  Compat     runs Debian's programs and CPython's tests and writes docs/compatibility.md      [<part of a name> | differing]
  Bench      measures against the peers                        -NoBuild  [suite | debian | calls | start | scale | checkpoint | copies | moving | module | report | parts]
  Package    makes the module's folder and its .nupkg, which a gallery takes, under artifacts/package    [twice]
  Clean      removes everything that a task has made
  Shell      a session with the module imported                -File <script> [arguments]  -Command <text>   (build.sh only)

Needed: the .NET 10 SDK. Test and Bench install or fetch what else they use where they may, and say what they therefore skip where they may not.
'@
    }
    'Build' { . ([IO.Path]::Combine($root, 'tools', 'Build', 'Build.ps1')) -Force:$Force -Quiet:$Quiet }
    'Clean' { . ([IO.Path]::Combine($root, 'tools', 'Build', 'Clean.ps1')) }
    'Package' {
        . ([IO.Path]::Combine($root, 'tools', 'Build', 'Build.ps1')) -Quiet
        . ([IO.Path]::Combine($root, 'tools', 'Build', 'Build.ps1')) -Portable -Quiet
        . ([IO.Path]::Combine($root, 'tools', 'Build', 'Package.ps1'))
        if ("$Remaining" -eq 'twice') { . ([IO.Path]::Combine($root, 'tools', 'Build', 'PackageTwice.ps1')) }
    }
    'Test' {
        if (-not $NoBuild) { . ([IO.Path]::Combine($root, 'tools', 'Build', 'Build.ps1')) -Quiet }
        . ([IO.Path]::Combine($root, 'tools', 'Build', 'Test.ps1')) -Long:$Long -Name $Name -NoBuild:$NoBuild -Pester $Pester
        # A script's exit ends that script alone, also a dot-sourced one.
        exit $LASTEXITCODE
    }
    'Compat' {
        . ([IO.Path]::Combine($root, 'tools', 'Build', 'Compat.ps1')) -Again "$Remaining"
        exit $LASTEXITCODE
    }
    'Mutate' {
        . ([IO.Path]::Combine($root, 'tools', 'Build', 'Mutate.ps1')) -NoBuild:$NoBuild -Remaining $Remaining
        exit $LASTEXITCODE
    }
    default {
        # Demo and Bench use the module as a user does, in a process of its own.
        if (-not $NoBuild) { . ([IO.Path]::Combine($root, 'tools', 'Build', 'Build.ps1')) -Quiet }
        $script = [IO.Path]::Combine($root, @{ Demo = 'tools/Build/Demo.ps1'; Bench = 'bench/Bench.ps1' }[$Task])
        if (-not [IO.File]::Exists($script)) { throw "There is no $script." }
        if ($Task -eq 'Bench') {
            . ([IO.Path]::Combine($root, 'tools', 'Build', 'Prerequisites.ps1'))
            Install-BenchPrerequisite
        }
        Invoke-FreshScript $script $Remaining
        exit $LASTEXITCODE
    }
}
