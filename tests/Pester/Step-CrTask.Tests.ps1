# Step-CrTask: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $stepper = [IO.Path]::Combine($guests, 'stepper')
    $id = 'CheckpointRestart.PS.Commands.StepCrTaskCommand'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Step-CrTask' {
    BeforeEach { $task = Start-CrTask $stepper -Suspended }
    AfterEach { Get-CrTask | Remove-CrTask -Force }

    It 'runs one instruction and gives the next' {
        $next = $task | Step-CrTask
        $next | Should -BeOfType 'CheckpointRestart.PS.Objects.CrInstruction'
        $next.Text | Should -Be 'call main'
        $next.IsNext | Should -BeTrue
        $task.Instructions | Should -Be 1
        $task.State | Should -Be Frozen
    }

    It 'takes a number, a name, a property and what it gave itself' {
        (Step-CrTask $task.Id).Place | Should -Be '_start+0x2'
        (Step-CrTask -Name stepper).Place | Should -Be main
        ([pscustomobject]@{ CrTaskId = $task.Id } | Step-CrTask).Place | Should -Be main+0x1
        ($task | Step-CrTask | Step-CrTask).Place | Should -Be main+0x8
    }

    It 'runs so many instructions' {
        ($task | Step-CrTask -Count 6).Place | Should -Be factorial
        $task.Instructions | Should -Be 6
    }

    It 'gives the task with -PassThru' {
        ($task | Step-CrTask -PassThru | Get-CrRegister).Eip | Should -Be 0x08048096
    }

    It 'steps over calls and repeated instructions' {
        $task | Step-CrTask -Count 5 | Out-Null
        ($task | Step-CrTask -Over).Place | Should -Be main+0xd
        ($task | Get-CrRegister).Eax | Should -Be 120
        ($task | Step-CrTask -Over -Count 4).Text | Should -BeLike 'rep movsb*'
        ($task | Step-CrTask).Text | Should -BeLike 'rep movsb*'
        ($task | Get-CrRegister).Ecx | Should -Be 5
        ($task | Step-CrTask -Over).Text | Should -Be fldpi
    }

    It 'runs until <place>' -ForEach @(
        @{ place = 'print'; text = 'mov eax, *' }
        @{ place = 'print+0x1f'; text = 'jae print+0xf' }
        @{ place = 0x080480f3; text = 'cmp eax, 1' }
        @{ place = '0x80480f3'; text = 'cmp eax, 1' }
        @{ place = '080480f3'; text = 'cmp eax, 1' }
        @{ place = 'on_illegal'; text = 'add dword ptr *' }
    ) {
        ($task | Step-CrTask -Until $place).Text | Should -BeLike $text
    }

    It 'counts arrivals' {
        $task | Step-CrTask -Until factorial -Count 3 | Out-Null
        ($task | Get-CrRegister).Eax | Should -Be 3
    }

    It 'is the same run as one in a piece' {
        $task | Step-CrTask -Count 3 | Step-CrTask -Over -Count 6 | Step-CrTask -Until on_illegal | Step-CrTask -Count 20 | Out-Null
        $whole = Start-CrTask $stepper -Suspended | Wait-CrTask -Instruction $task.Machine.Instructions
        ($task.Machine | Get-CrStateHash -Scope Full).Hash | Should -Be ($whole.Machine | Get-CrStateHash -Scope Full).Hash
        ($task | Resume-CrTask | Receive-CrTask -Wait) | Should -Be '120 hello'
    }

    It 'warns when the last step ends the task' {
        $given = $task | Step-CrTask -Until '_start+0xe' | Step-CrTask -WarningVariable warned -WarningAction SilentlyContinue
        $given | Should -BeNullOrEmpty
        "$warned" | Should -BeLike '*exit code 3*'
        $task.ExitCode | Should -Be 3
    }

    It 'reports a task that ends before' {
        { $task | Step-CrTask -Count 1e6 -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$id"
        { $task | Step-CrTask -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$id"
    }

    It 'reports a task that nothing will wake, and goes on when something does' {
        $reader = Start-CrTask ([IO.Path]::Combine($guests, 'readblock')) -Suspended
        { $reader | Step-CrTask -Count 1e6 -ErrorAction Stop } | Should -Throw -ErrorId "TaskWaits,$id"
        $reader.State | Should -Be Frozen
        $reader.WaitReason | Should -Be read
        $reader | Send-CrTask -InputText abc
        $reader | Step-CrTask -Over | Out-Null
        ($reader | Get-CrRegister).Eax | Should -Be 4
    }

    It 'reports when the time is over, and leaves the task frozen' {
        $spin = Start-CrTask ([IO.Path]::Combine($guests, 'spin')) -Suspended
        { $spin | Step-CrTask -Until 1 -Timeout 0.1 -ErrorAction Stop } | Should -Throw -ErrorId "StepTimedOut,$id"
        $spin.State | Should -Be Frozen
    }

    It 'does not touch a task that runs' {
        $spin = Start-CrTask ([IO.Path]::Combine($guests, 'spin'))
        { $spin | Step-CrTask -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFrozen,$id"
    }

    It 'refuses a place that is none, and two goals' {
        { $task | Step-CrTask -Until nowhere -ErrorAction Stop } | Should -Throw -ErrorId "SymbolNotFound,$id"
        { $task | Step-CrTask -Until main -Over } | Should -Throw -ErrorId "OverAndUntil,$id"
        $task.Instructions | Should -Be 0
    }

    It 'does nothing with -WhatIf' {
        $task | Step-CrTask -WhatIf
        $task.Instructions | Should -Be 0
    }

    It 'completes symbols' {
        $line = 'Step-CrTask -Until on_'
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain on_illegal
    }
}
