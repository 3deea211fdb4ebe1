# Runs one Pester file in this process, with genuine Pester where it can be imported and else with the host's own runner, and writes
# "passed failed skipped" to a file, and the failed tests on the lines behind: a process that dies writes none.
param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Result)

$ErrorActionPreference = 'Stop'
. ([IO.Path]::Combine($PSScriptRoot, 'Pester.ps1'))
Import-Pester

$configuration = New-PesterConfiguration -Hashtable @{
    Run    = @{ Path = $Path; PassThru = $true }
    Output = @{ Verbosity = 'Detailed' }
}
$ErrorActionPreference = 'Continue'
$run = Invoke-Pester -Configuration $configuration
# A file or block that fails without a failed test counts as one; so does a file without any test.
$failed = [int]$run.FailedCount + [int]$run.FailedContainersCount
if ($failed -eq 0) { $failed += [int]$run.FailedBlocksCount }
if ($failed -eq 0 -and [int]$run.TotalCount -eq 0) { $failed = 1; Write-Host "There is no test in $Path." }
$skipped = [int]$run.SkippedCount + [int]$run.InconclusiveCount
$lines = @("$([int]$run.PassedCount) $failed $skipped")
foreach ($test in @($run.Failed)) { if ($test) { $lines += "$($test.ExpandedPath): $(@($test.ErrorRecord) -join '; ')" -replace '\s*[\r\n]+\s*', ' | ' } }
[IO.File]::WriteAllLines($Result, [string[]]$lines)
exit [int]($failed -gt 0)
