# Test: the tests of src/Core and of pages, then each Pester file in a process of its own. The last line gives the totals.
# With -Pester the Pester files alone, each in a pwsh with that version of Pester.
param([switch] $Long, [string] $Name, [switch] $NoBuild, [version] $Pester)

. ([IO.Path]::Combine($PSScriptRoot, 'Prerequisites.ps1'))
. ([IO.Path]::Combine($PSScriptRoot, 'Pester.ps1'))

$started = [DateTime]::UtcNow
$env:CR_TEST_LONG = if ($Long) { '1' } else { $null }
$results = [IO.Path]::Combine($artifacts, 'test-results')
if ([IO.Directory]::Exists($results)) { [IO.Directory]::Delete($results, $true) }
$null = [IO.Directory]::CreateDirectory($results)
$pattern = if (-not $Name) { '*' } elseif ($Name.IndexOfAny('*?['.ToCharArray()) -ge 0) { $Name } else { "*$Name*" }
$totals = @{ Passed = 0; Failed = 0; Skipped = 0 }
# Repeated at the end, where a long log is read first.
$failures = [Collections.Generic.List[string]]::new()

# What hangs fails, instead of holding up everything behind it.
$guard = if (-not $Long -and [IO.File]::Exists('/usr/bin/timeout')) { '/usr/bin/timeout', '600' } else { @() }

Install-TestPrerequisite

# --- src/Core, and the pages of checkpoints in a browser
foreach ($suite in $(if (-not $Pester) { 'Core', 'Page' })) {
    $project = [IO.Path]::Combine($root, 'tests', $suite)
    $program = [IO.Path]::Combine($project, 'bin', 'Release', 'net10.0', "CheckpointRestart.$suite.Tests.dll")
    if (-not $NoBuild -or -not [IO.File]::Exists($program)) { Invoke-Tool "Compiling tests/$suite" dotnet @('build', $project, '-c', 'Release', '-v', 'q', '-nologo') }
    $report = [IO.Path]::Combine($results, "$($suite.ToLowerInvariant()).xml")
    $arguments = @($program, '-noLogo', '-noColor', '-result-xml', $report)
    if ($Name) { $arguments += '-class', $pattern }
    Write-Host "tests/$suite"
    $command, $arguments = @($guard) + 'dotnet' + $arguments
    & $command @arguments | Out-Host
    if ([IO.File]::Exists($report)) {
        foreach ($assembly in ([xml][IO.File]::ReadAllText($report)).assemblies.ChildNodes) {
            $totals.Passed += [int]$assembly.GetAttribute('passed')
            $totals.Failed += [int]$assembly.GetAttribute('failed') + [int]$assembly.GetAttribute('errors')
            # Explicit tests, which record, are not run and are no skips.
            $totals.Skipped += [int]$assembly.GetAttribute('skipped')
            foreach ($test in $assembly.SelectNodes(".//test[@result='Fail']")) {
                $message = $test.SelectSingleNode('failure/message')
                $failures.Add("$($test.GetAttribute('name')): $(if ($message) { $message.InnerText.Trim() -replace '\s*[\r\n]+\s*', ' | ' })")
            }
            foreach ($failed in $assembly.SelectNodes('errors/error')) { $failures.Add("tests/${suite}: $($failed.InnerText.Trim() -replace '\s*[\r\n]+\s*', ' | ')") }
        }
    }
    else {
        $failures.Add("tests/$suite ended with exit code $LASTEXITCODE and without a report.")
        $totals.Failed++
    }
}

# --- the module, as users see it
$runner = @(Get-HostCommand)
$modulePath = $env:PSModulePath
if ($Pester) {
    . ([IO.Path]::Combine($PSScriptRoot, 'Genuine.ps1'))
    $runner = @(Get-GenuineHost)
    $env:PSModulePath = Get-GenuinePester $Pester
}
elseif ($PSHOME -notlike "$([IO.Path]::GetDirectoryName($runner[-1]))*" -or (-not (Find-Pester) -and -not (Get-Command Invoke-Pester -Module PSHost.Testing -ErrorAction Ignore))) {
    # A pwsh without Pester: the repository's own host has a runner.
    $runner = [IO.Path]::Combine($artifacts, 'pshost', $(if ($IsWindows) { 'PSHost.exe' } else { 'PSHost' }))
    Invoke-Tool 'Compiling tools/PSHost' dotnet @('publish', [IO.Path]::Combine($root, 'tools', 'PSHost'), '-c', 'Release', '-o', [IO.Path]::Combine($artifacts, 'pshost'), '-v', 'q', '-nologo')
}
$folder = [IO.Path]::Combine($root, 'tests', 'Pester')
foreach ($file in [IO.Directory]::GetFiles($folder, '*.Tests.ps1', 'AllDirectories') | Sort-Object) {
    $base = [IO.Path]::GetRelativePath($folder, $file).Replace('.Tests.ps1', '')
    if ($base -notlike $pattern) { continue }
    $result = [IO.Path]::Combine($results, $base.Replace([IO.Path]::DirectorySeparatorChar, '.') + '.txt')
    Write-Host "tests/Pester/$base"
    $command, $arguments = @($guard) + $runner + '-NoProfile', '-NonInteractive', '-File', [IO.Path]::Combine($PSScriptRoot, 'RunPester.ps1'), '-Path', $file, '-Result', $result
    & $command @arguments | Out-Host
    if ([IO.File]::Exists($result)) {
        $lines = [IO.File]::ReadAllLines($result)
        $passed, $failed, $skipped = $lines[0].Split(' ').ForEach([int])
        for ($i = 1; $i -lt $lines.Length; $i++) { $failures.Add("tests/Pester/${base}: $($lines[$i])") }
        $totals.Passed += $passed
        $totals.Failed += $failed
        $totals.Skipped += $skipped
    }
    else {
        $failures.Add("tests/Pester/$base ended with exit code $LASTEXITCODE and without a result.")
        $totals.Failed++
    }
}

$env:PSModulePath = $modulePath
$bad = $totals.Failed -gt 0
if ($env:CI -eq 'true' -and $totals.Skipped -gt 0) {
    Write-Host "$($totals.Skipped) skipped tests count as failures here."
    $bad = $true
}
if ($totals.Passed + $totals.Failed + $totals.Skipped -eq 0) {
    Write-Host "No test class or file matches '$Name'."
    $bad = $true
}
foreach ($failure in $failures) { Write-Host "[-] $(if ($failure.Length -gt 2000) { $failure.Substring(0, 2000) + '...' } else { $failure })" }
Write-Host ('Took {0:n0} s.' -f ([DateTime]::UtcNow - $started).TotalSeconds)
Write-Host "$($totals.Passed) passed, $($totals.Failed) failed, $($totals.Skipped) skipped"
exit [int]$bad
