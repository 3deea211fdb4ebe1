# A task saved in the middle of what only the processor holds goes on in a new process as if nothing had happened: values on the x87 stack, in MMX
# and XMM registers, changed rounding, an unmasked exception that is pending, a repeated string instruction half done.

BeforeDiscovery {
    $stretches = @(
        @{ what = 'an x87 computation'; guest = 'midway-x87'; arguments = @('pointers') }
        @{ what = 'MMX'; guest = 'midway-mmx'; arguments = @('pointers') }
        @{ what = 'SSE under changed rounding'; guest = 'midway-sse'; arguments = @() }
        @{ what = 'a pending unmasked exception that ends the program'; guest = 'midway-fault'; arguments = @('zero') }
        @{ what = 'a pending unmasked exception that is handled'; guest = 'midway-fault'; arguments = @('overflow', 'handled', 'pointers') }
        @{ what = 'rep movsb and its kin'; guest = 'midway-rep'; arguments = @() }
    )
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    # The core's tests stop at every instruction.
    $every = if ($env:CR_TEST_LONG -eq '1') { 1 } else { 7 }
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'A task saved in the middle of <what>' -ForEach $stretches {
    It 'goes on in a new process' {
        $program = [IO.Path]::Combine($guests, $guest)
        $start = @{ FilePath = $program; ArgumentList = $arguments; Clock = 'Virtual'; Seed = 1; Suspended = $true; KeepStateHash = $true }

        $straight = Start-CrTask @start
        $straight | Send-CrTask -EndOfInput
        $straight | Resume-CrTask | Wait-CrTask | Out-Null
        $output = $straight | Receive-CrTask -Raw
        $expected = '{0} {1}' -f $straight.ExitCode, ($straight | Get-CrStateHash).Hash

        $folder = [IO.Directory]::CreateDirectory([IO.Path]::Combine("$TestDrive", [guid]::NewGuid())).FullName
        $task = Start-CrTask @start
        $task | Send-CrTask -EndOfInput
        for ($at = 1; "$($task | Receive-CrTask -Raw)" -ne "begin`n"; $at++) { $task = $task | Wait-CrTask -Instruction $at }
        $points = 0
        while (-not ($task | Receive-CrTask -Raw)) {
            $points++
            $task | Save-CrCheckpoint ([IO.Path]::Combine($folder, "$points.cr")) | Out-Null
            $at += $every
            $task = $task | Wait-CrTask -Instruction $at
        }
        $task | Stop-CrTask
        $points | Should -BeGreaterThan 5

        # One process restores them all, from the files alone.
        $results = Invoke-FreshHost -TimeoutSeconds 300 -ArgumentList $folder, $program, $points {
            param($folder, $program, $points)
            for ($point = 1; $point -le $points; $point++) {
                $task = Restore-CrCheckpoint ([IO.Path]::Combine($folder, "$point.cr")) -FilePath $program -Clock Virtual -Seed 1 -Suspended -KeepStateHash
                $task | Send-CrTask -EndOfInput
                $task | Resume-CrTask | Wait-CrTask | Out-Null
                [IO.File]::WriteAllText([IO.Path]::Combine($folder, "$point.after"), "$($task | Receive-CrTask -Raw)")
                '{0} {1}' -f $task.ExitCode, ($task | Get-CrStateHash).Hash
                $task | Remove-CrTask -Force
            }
        }
        @($results).Count | Should -Be $points
        for ($point = 1; $point -le $points; $point++) {
            "begin`n" + [IO.File]::ReadAllText([IO.Path]::Combine($folder, "$point.after")) | Should -BeExactly $output -Because "point $point"
            @($results)[$point - 1] | Should -BeExactly $expected -Because "point $point"
        }
    }
}
