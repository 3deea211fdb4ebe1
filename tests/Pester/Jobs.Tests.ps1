# Long work as a job: it gives what the cmdlet gives, on the same machines, and can be stopped.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
    $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
    $image = Join-Path $TestDrive saved.cr
    $task | Save-CrCheckpoint $image | Out-Null

    # What a job gives, and what went wrong in it.
    function Receive-All($Job) {
        $null = $Job | Wait-Job -Timeout 120
        $Job | Receive-Job -AutoRemoveJob -Wait
    }
}

AfterAll {
    Get-Job | Remove-Job -Force
    Get-CrTask | Remove-CrTask -Force
}

Describe 'Cmdlets with -AsJob' {
    It 'give what they would give: <name>' -ForEach @(
        @{ name = 'Save-CrCheckpoint'; run = { $task | Save-CrCheckpoint (Join-Path $TestDrive job.cr) -AsJob }; type = 'CrCheckpoint'; count = 1 }
        @{ name = 'Restore-CrCheckpoint'; run = { Restore-CrCheckpoint $image -FilePath $counter -Suspended -Count 2 -AsJob }; type = 'CrTask'; count = 2 }
        @{ name = 'Wait-CrTask'; run = { Wait-CrTask -Id $task.Id -Instruction 300100 -AsJob }; type = 'CrTask'; count = 1 }
        @{ name = 'Test-CrCheckpoint'; run = { Get-Item $image | Test-CrCheckpoint -AsJob }; type = 'CrCheckpointTest'; count = 1 }
        @{ name = 'Find-CrMemory'; run = { $task | Find-CrMemory -HexString '7f 45 4c 46' -AsJob }; type = 'CrMemoryMatch'; count = 2 }
        @{ name = 'Compare-CrCheckpoint'; run = { $image, $image | Compare-CrCheckpoint $image -AsJob }; type = 'CrDifference'; count = 0 }
        @{ name = 'Measure-CrCheckpoint'; run = { Measure-CrCheckpoint $image -By Task -AsJob }; type = 'CrCheckpointShare'; count = 3 }
        @{ name = 'Merge-CrCheckpoint'; run = { Merge-CrCheckpoint $image (Join-Path $TestDrive merged.cr) -AsJob }; type = 'CrCheckpoint'; count = 1 }
        @{ name = 'Convert-CrCheckpoint'; run = { Convert-CrCheckpoint $image -Format V5 -FilePath $counter -AsJob -WarningAction Ignore }; type = 'CrCheckpoint'; count = 1 }
        @{ name = 'Export-CrCheckpoint'; run = { Export-CrCheckpoint $image (Join-Path $TestDrive job.json) -Format Json -AsJob }; type = 'FileInfo'; count = 1 }
    ) {
        $job = & $run
        $job.GetType().Name | Should -Be CrCommandJob
        $job.Command | Should -Match $name
        $given = @(Receive-All $job)
        $given.Count | Should -Be $count
        if ($count) { $given[0].GetType().Name | Should -Be $type }
        $job.State | Should -Be Completed
    }

    It 'move a machine' {
        $receiver = Receive-CrMachine -Port 0 -FilePath $counter -AsJob
        $moved = Start-CrTask $counter -Suspended
        $job = $moved | Move-CrTask -Port $receiver.Port -AsJob
        (Receive-All $job).TaskId | Should -Be $moved.Id
        (Receive-All $receiver).Name | Should -Be counter
    }

    It 'work on what is in this session, and give its live objects' {
        $job = $task | Wait-CrTask -Instruction 300200 -AsJob
        [object]::ReferenceEquals((Receive-All $job), $task) | Should -BeTrue
    }

    It 'wait beside the session' {
        $runs = Start-CrTask $counter
        $job = $runs | Wait-CrTask -AsJob
        $job.State | Should -Be Running
        $runs | Stop-CrTask
        (Receive-All $job).ExitCode | Should -Be 137
    }

    It 'take paths as the session means them' {
        $null = New-PSDrive -Name CrJobs -PSProvider FileSystem -Root $TestDrive
        Push-Location CrJobs:
        try {
            (Receive-All (Test-CrCheckpoint ./saved.cr -AsJob)).PagesRead | Should -BeGreaterThan 0
            (Receive-All ($task | Save-CrCheckpoint CrJobs:/drive.cr -AsJob)).Path | Should -Be (Join-Path $TestDrive drive.cr)
        }
        finally {
            Pop-Location
            Remove-PSDrive CrJobs
        }
    }

    It 'do not stop at one bad thing' {
        $job = [pscustomobject]@{ CrTaskId = 999999 }, [pscustomobject]@{ CrTaskId = $task.Id } | Find-CrMemory -HexString '7f 45 4c 46' -AsJob
        $null = $job | Wait-Job -Timeout 120
        $found = @($job | Receive-Job -ErrorAction SilentlyContinue -ErrorVariable problem)
        $found.Count | Should -Be 2
        $problem[0].FullyQualifiedErrorId | Should -Be "TaskNotFound,$namespace.FindCrMemoryCommand"
        $job | Remove-Job
    }

    It 'fail with what ends them' {
        $job = Find-CrMemory -Id 999999 -Text x -ErrorAction Stop -AsJob
        $null = $job | Wait-Job -Timeout 120
        $job.State | Should -Be Failed
        $job.StatusMessage | Should -Match 'no task with Id 999999'
        $job | Remove-Job
    }

    It 'refuse wrong parameters at once' {
        { $task | Save-CrCheckpoint -Parent $image -AsJob } | Should -Throw -ErrorId "ParameterConflict,$namespace.SaveCrCheckpointCommand"
        @(Get-Job).Where({ $_.State -eq 'Running' }).Count | Should -Be 0
    }

    It 'make no job with -WhatIf' {
        $task | Save-CrCheckpoint (Join-Path $TestDrive whatif.cr) -AsJob -WhatIf | Should -BeNullOrEmpty
        Test-Path (Join-Path $TestDrive whatif.cr) | Should -BeFalse
    }

    It 'are stopped, and leave the task as it was' {
        $job = $task | Wait-CrTask -Instruction 1e15 -AsJob
        foreach ($i in 1..3000) { if ($task.State -ne 'Frozen') { break }; [Threading.Thread]::Sleep(10) }
        $job | Stop-Job
        $job.State | Should -Be Stopped
        $task.State | Should -Be Frozen
        $job | Remove-Job
    }

    It 'show what they tell' {
        $job = Test-CrCheckpoint $image -AsJob -Verbose
        $null = $job | Wait-Job -Timeout 120
        $job.Verbose.Message -join ' ' | Should -Match 'pages were read'
        $job | Remove-Job
    }

    It 'end with the module' {
        Invoke-FreshHost -ArgumentList $counter {
            param($counter)
            $job = Start-CrTask $counter | Wait-CrTask -AsJob
            Remove-Module CheckpointRestart
            "$($job.State)"
        } | Should -Be Stopped
    }
}
