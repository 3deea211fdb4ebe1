# Remove-CrTask: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Remove-CrTask' {
    It 'removes a task that has ended, and its machine' {
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'hello')) | Wait-CrTask -Timeout 30
        $task | Remove-CrTask | Should -BeNullOrEmpty
        (Get-CrTask).Id | Should -Not -Contain $task.Id
        (Get-CrMachine).Id | Should -Not -Contain $task.MachineId
    }

    It 'refuses a task that lives, unless -Force is given' {
        $task = Start-CrTask $counter
        { $task | Remove-CrTask -ErrorAction Stop } | Should -Throw -ErrorId "TaskAlive,$namespace.RemoveCrTaskCommand"
        Remove-CrTask $task.Id -Force
        (Get-CrTask).Id | Should -Not -Contain $task.Id
    }

    It 'takes a name and a property' {
        $first, $second = 1..2 | ForEach-Object { Start-CrTask $counter -Suspended }
        [pscustomobject]@{ CrTaskId = $first.Id } | Remove-CrTask -Force
        Remove-CrTask -Name counter -Force
        Get-CrTask -Name counter* | Should -BeNullOrEmpty
    }

    It 'does nothing with -WhatIf' {
        $task = Start-CrTask $counter -Suspended
        $task | Remove-CrTask -Force -WhatIf
        (Get-CrTask).Id | Should -Contain $task.Id
        $task | Remove-CrTask -Force
    }
}
