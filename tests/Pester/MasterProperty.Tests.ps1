# Run to the end, and run, save, stop, restore in a new process, run to the end: the same output, the same exit code, the same state.

BeforeDiscovery {
    $repository = [IO.Path]::GetDirectoryName([IO.Path]::GetDirectoryName($PSScriptRoot))
    $book = [IO.Path]::Combine($repository, 'tests', 'guests', 'busybox', 'cases.json')
    $names = 'awk-sieve', 'awk-table', 'md5sum-1m', 'bc-pi', 'sort-shuffled', 'sed-large', 'gzip-to-stdout', 'dc-powers', 'factor', 'od-octal'
    $programs = @(([IO.File]::ReadAllText($book) | ConvertFrom-Json).cases | Where-Object { $names -contains $_.name } |
        ForEach-Object { @{ name = $_.name; program = $_.program; arguments = @($_.arguments) } })
    $hasBusybox = [IO.File]::Exists([IO.Path]::Combine($repository, 'artifacts', 'guests', 'busybox'))
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $points = if ($env:CR_TEST_LONG -eq '1') { 100 } else { 20 }
    $root = New-GuestRoot
}

AfterAll {
    Get-CrTask | Remove-CrTask -Force
    [IO.Directory]::Delete($root, $true)
}

Describe 'A busybox program, saved and restored in a new process' -Skip:(-not $hasBusybox) {
    It 'goes on as if nothing had happened: <name>' -ForEach $programs {
        $start = @{ FilePath = $program; ArgumentList = $arguments; Root = $root; Clock = 'Virtual'; Seed = 1; Suspended = $true; KeepStateHash = $true }

        $straight = Start-CrTask @start
        $straight | Send-CrTask -EndOfInput
        $straight | Resume-CrTask | Wait-CrTask | Out-Null
        $output = $straight | Receive-CrTask -Raw
        $expected = '{0} {1}' -f $straight.ExitCode, ($straight | Get-CrStateHash).Hash

        $folder = [IO.Directory]::CreateDirectory([IO.Path]::Combine("$TestDrive", $name)).FullName
        $task = Start-CrTask @start
        $task | Send-CrTask -EndOfInput
        $before = ''
        for ($point = 1; $point -le $points; $point++) {
            $task = $task | Wait-CrTask -Instruction ([uint64]($straight.Instructions * $point / ($points + 1)))
            $before += $task | Receive-CrTask -Raw
            $task | Save-CrCheckpoint ([IO.Path]::Combine($folder, "$point.cr")) | Out-Null
            [IO.File]::WriteAllText([IO.Path]::Combine($folder, "$point.before"), $before)
        }
        $task | Stop-CrTask

        # One process restores them all, from the files alone.
        $results = Invoke-FreshHost -TimeoutSeconds 600 -ArgumentList $folder, $root, $points {
            param($folder, $root, $points)
            for ($point = 1; $point -le $points; $point++) {
                $task = Restore-CrCheckpoint ([IO.Path]::Combine($folder, "$point.cr")) -Root $root -Clock Virtual -Seed 1 -Suspended -KeepStateHash
                $task | Send-CrTask -EndOfInput
                $task | Resume-CrTask | Wait-CrTask | Out-Null
                [IO.File]::WriteAllText([IO.Path]::Combine($folder, "$point.after"), "$($task | Receive-CrTask -Raw)")
                '{0} {1}' -f $task.ExitCode, ($task | Get-CrStateHash).Hash
                $task | Remove-CrTask -Force
            }
        }
        @($results).Count | Should -Be $points
        for ($point = 1; $point -le $points; $point++) {
            $whole = [IO.File]::ReadAllText([IO.Path]::Combine($folder, "$point.before")) + [IO.File]::ReadAllText([IO.Path]::Combine($folder, "$point.after"))
            $whole | Should -BeExactly $output -Because "point $point"
            @($results)[$point - 1] | Should -BeExactly $expected -Because "point $point"
        }
    }
}
