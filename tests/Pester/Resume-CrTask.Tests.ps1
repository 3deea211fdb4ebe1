# Resume-CrTask: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Resume-CrTask' {
    BeforeEach { $task = Start-CrTask $counter -Suspended }
    AfterEach { $task | Remove-CrTask -Force }

    It 'lets a frozen task go on and gives it' {
        ($task | Resume-CrTask).Id | Should -Be $task.Id
        foreach ($i in 1..6000) { if ($task.Instructions -gt 1000) { break }; [Threading.Thread]::Sleep(10) }
        $task.Instructions | Should -BeGreaterThan 1000
        $task.State | Should -Not -Be Frozen
    }

    It 'goes on after an exact stop' {
        $task | Wait-CrTask -Instruction 5000 | Resume-CrTask | Out-Null
        foreach ($i in 1..6000) { if ($task.Instructions -gt 5000) { break }; [Threading.Thread]::Sleep(10) }
        $task.Instructions | Should -BeGreaterThan 5000
    }

    It 'takes a number and a property' {
        (Resume-CrTask $task.Id).Id | Should -Be $task.Id
        ([pscustomobject]@{ CrTaskId = $task.Id } | Resume-CrTask).Id | Should -Be $task.Id
    }

    It 'does nothing with -WhatIf' {
        $task | Resume-CrTask -WhatIf | Should -BeNullOrEmpty
        $task.State | Should -Be Frozen
    }

    It 'refuses a task that has ended' {
        $task | Stop-CrTask
        { $task | Resume-CrTask -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$namespace.ResumeCrTaskCommand"
    }
}
