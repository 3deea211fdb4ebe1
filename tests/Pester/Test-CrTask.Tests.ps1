# Test-CrTask: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Test-CrTask' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image -RecordHash
        $v5 = Join-Path $TestDrive v5.cr
        $task | Save-CrCheckpoint $v5 -Format V5 -WarningAction SilentlyContinue | Out-Null
    }

    It 'says that a task can be saved' {
        ($task | Test-CrTask).CanSave | Should -BeTrue
        (Test-CrTask -Id $task.Id -Format V5).CanSave | Should -BeTrue
    }

    It 'lists every obstacle with object, reason, errno and what to do' {
        $pipes = Start-CrTask ([IO.Path]::Combine($guests, 'pipeholder'))
        foreach ($i in 1..6000) { if ($pipes | Receive-CrTask | Where-Object { $_ -like '*ready*' }) { break }; [Threading.Thread]::Sleep(10) }
        $found = $pipes | Test-CrTask -Format V5
        $found.CanSave | Should -BeFalse
        $found.Obstacles.Count | Should -Be 2
        $found.Obstacles[0].Object | Should -BeLike 'descriptor 3*'
        $found.Obstacles[0].Reason | Should -BeLike 'is a pipe*'
        $found.Obstacles[0].Errno | Should -Be EBADF
        $found.Obstacles[0].Action | Should -Not -BeNullOrEmpty
        ($pipes | Test-CrTask).CanSave | Should -BeTrue
        $pipes | Remove-CrTask -Force
    }

    It 'names a task that is not there' {
        { Test-CrTask -Id 999999 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$namespace.TestCrTaskCommand"
    }
}
