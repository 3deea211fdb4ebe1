# Stop-CrTask: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Stop-CrTask' {
    BeforeEach { $task = Start-CrTask $counter }
    AfterEach { $task | Remove-CrTask -Force }

    It 'ends a task and says nothing' {
        $task | Stop-CrTask | Should -BeNullOrEmpty
        $task.State | Should -Be Exited
        $task.ExitCode | Should -Be 137
        $task.ExitSignal | Should -Be SIGKILL
    }

    It 'ends a frozen task' {
        $task | Suspend-CrTask | Stop-CrTask -PassThru | ForEach-Object State | Should -Be Exited
    }

    It 'sends the signal that -Signal names: <signal>' -ForEach @(@{ signal = 'SIGTERM' }, @{ signal = 'term' }, @{ signal = 15 }) {
        $task | Stop-CrTask -Signal $signal
        ($task | Wait-CrTask -Timeout 30).ExitCode | Should -Be 143
    }

    It 'takes a number, a name and a property' {
        Stop-CrTask $task.Id -PassThru | ForEach-Object State | Should -Be Exited
        Stop-CrTask -Name counter
        [pscustomobject]@{ CrTaskId = $task.Id } | Stop-CrTask
    }

    It 'does nothing with -WhatIf' {
        $task | Stop-CrTask -WhatIf
        $task.HasExited | Should -BeFalse
    }

    It 'does not take an object for its Id' {
        { [pscustomobject]@{ Id = $task.Id } | Stop-CrTask -ErrorAction Stop } | Should -Throw -ErrorId "InputObjectNotBound,$namespace.StopCrTaskCommand"
        $task.HasExited | Should -BeFalse
    }

    It 'ends a fork bomb, with all that came of it' {
        $bomb = Start-CrTask ([IO.Path]::Combine($guests, 'forkbomb')) -TaskLimit 200
        $deadline = [DateTime]::UtcNow.AddSeconds(60)
        while ($bomb.Machine.Tasks.Count -lt 190 -and [DateTime]::UtcNow -lt $deadline) { Start-Sleep -Milliseconds 20 }
        $bomb.Machine.Tasks.Count | Should -BeGreaterOrEqual 190
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $bomb | Remove-CrTask -Force
        # A second is the promise; a machine shared with other tests may take longer to get its turn.
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 5
        $bomb.Machine.State | Should -Be Stopped
    }

    It 'refuses what is no signal' {
        { $task | Stop-CrTask -Signal SIGNOTHING } | Should -Throw -ErrorId "ParameterArgumentTransformationError,$namespace.StopCrTaskCommand"
    }

    It 'reports a number that is not there' {
        { Stop-CrTask 999999 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$namespace.StopCrTaskCommand"
    }
}
