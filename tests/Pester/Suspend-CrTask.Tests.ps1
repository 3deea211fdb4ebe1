# Suspend-CrTask: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Suspend-CrTask' {
    BeforeEach { $task = Start-CrTask $counter }
    AfterEach { $task | Remove-CrTask -Force }

    It 'freezes a task and gives it' {
        $frozen = $task | Suspend-CrTask
        $frozen.Id | Should -Be $task.Id
        $frozen.State | Should -Be Frozen
        $at = $task.Instructions
        [Threading.Thread]::Sleep(100)
        $task.Instructions | Should -Be $at
    }

    It 'takes a number, a name and a property' {
        (Suspend-CrTask $task.Id).State | Should -Be Frozen
        $task | Resume-CrTask | Out-Null
        (Suspend-CrTask -Name counter).State | Should -Be Frozen
        $task | Resume-CrTask | Out-Null
        ([pscustomobject]@{ CrTaskId = $task.Id } | Suspend-CrTask).State | Should -Be Frozen
    }

    It 'does nothing with -WhatIf' {
        $task | Suspend-CrTask -WhatIf | Should -BeNullOrEmpty
        $task.State | Should -Not -Be Frozen
    }

    It 'refuses a task that has ended' {
        $task | Stop-CrTask
        { $task | Suspend-CrTask -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$namespace.SuspendCrTaskCommand"
    }
}
