# Wait-CrTask: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Wait-CrTask' {
    It 'waits until a task has ended and gives it' {
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'exitcode')) -ArgumentList 3 | Wait-CrTask
        $task.State | Should -Be Exited
        $task.ExitCode | Should -Be 3
        $task | Remove-CrTask
    }

    It 'stops at exactly <count> instructions' -ForEach @(@{ count = 1 }, @{ count = 1000 }, @{ count = 200001 }) {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction $count
        $task.Machine.Instructions | Should -Be $count
        $task.State | Should -Be Frozen
        $task | Remove-CrTask -Force
    }

    It 'goes from one count to the next' {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 100 | Wait-CrTask -Instruction 101
        $task.Machine.Instructions | Should -Be 101
        $task | Remove-CrTask -Force
    }

    It 'waits until a program has taken its input and wants more' {
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'readblock'))
        foreach ($line in 'one', 'two', 'three') {
            $task | Send-CrTask -InputText $line
            $task | Wait-CrTask -ForInput -Timeout 60 | Receive-CrTask | Should -Be "got $($line.Length + 1): $line"
        }
        $task | Remove-CrTask -Force
    }

    It 'does the same at a terminal' {
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'ttyecho')) -Terminal
        ($task | Wait-CrTask -ForInput -Timeout 60).Id | Should -Be $task.Id
        $task | Remove-CrTask -Force
    }

    It 'does not wait for input that nobody will read' {
        $task = Start-CrTask $counter
        { $task | Wait-CrTask -ForInput -Timeout 0.1 -ErrorAction Stop } | Should -Throw -ErrorId "WaitTimedOut,$namespace.WaitCrTaskCommand"
        $task | Suspend-CrTask | Out-Null
        { $task | Wait-CrTask -ForInput -ErrorAction Stop } | Should -Throw -ErrorId "TaskFrozen,$namespace.WaitCrTaskCommand"
        $task | Remove-CrTask -Force
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'hello'))
        { $task | Wait-CrTask -ForInput -Timeout 60 -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$namespace.WaitCrTaskCommand"
        $task | Remove-CrTask
    }

    It 'takes a number, a name and a property' {
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'hello'))
        (Wait-CrTask $task.Id -Timeout 30).Id | Should -Be $task.Id
        (Wait-CrTask -Name hello -Timeout 30).Id | Should -Contain $task.Id
        ([pscustomobject]@{ CrTaskId = $task.Id } | Wait-CrTask -Timeout 30).Id | Should -Be $task.Id
        $task | Remove-CrTask
    }

    It 'reports a task that has not ended in time' {
        $task = Start-CrTask $counter
        { $task | Wait-CrTask -Timeout 0.1 -ErrorAction Stop } | Should -Throw -ErrorId "WaitTimedOut,$namespace.WaitCrTaskCommand"
        $task | Remove-CrTask -Force
    }

    It 'forgets the count when the time is over' {
        $task = Start-CrTask $counter -Suspended
        { $task | Wait-CrTask -Instruction 5e9 -Timeout 0.01 -ErrorAction Stop } | Should -Throw -ErrorId "WaitTimedOut,$namespace.WaitCrTaskCommand"
        $task.State | Should -Be Frozen
        $task | Resume-CrTask | Out-Null
        foreach ($i in 1..6000) { if ($task.Instructions -gt 5e9) { break }; [Threading.Thread]::Sleep(20) }
        $task.Instructions | Should -BeGreaterThan 5e9
        $task | Remove-CrTask -Force
    }

    It 'refuses a count that is past' {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 500
        { $task | Wait-CrTask -Instruction 499 -ErrorAction Stop } | Should -Throw -ErrorId "InstructionPassed,$namespace.WaitCrTaskCommand"
        $task.Machine.Instructions | Should -Be 500
        $task.State | Should -Be Frozen
        $task | Remove-CrTask -Force
    }

    It 'reports a task that ends before the count' {
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'hello')) -Suspended
        { $task | Wait-CrTask -Instruction 1e9 -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$namespace.WaitCrTaskCommand"
        $task | Remove-CrTask
    }

    It 'does not wait for a frozen task' {
        $task = Start-CrTask $counter -Suspended
        { $task | Wait-CrTask -ErrorAction Stop } | Should -Throw -ErrorId "TaskFrozen,$namespace.WaitCrTaskCommand"
        $task | Remove-CrTask -Force
    }
}
