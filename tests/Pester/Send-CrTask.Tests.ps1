# Send-CrTask: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Send-CrTask' {
    BeforeEach { $task = Start-CrTask ([IO.Path]::Combine($guests, 'readblock')) }
    AfterEach { $task | Remove-CrTask -Force }

    It 'sends lines and the end of input to a piped task' {
        $task | Send-CrTask -InputText 'first' | Should -BeNullOrEmpty
        $lines = @()
        foreach ($i in 1..6000) { $lines += @($task | Receive-CrTask); if ($lines.Count) { break }; [Threading.Thread]::Sleep(10) }
        $lines | Should -Be 'got 6: first'
        $task | Send-CrTask -EndOfInput
        $task | Receive-CrTask -Wait | Should -Be 'end'
    }

    It 'sends the text that stands first' {
        $task | Send-CrTask 'by position'
        Send-CrTask -Id $task.Id 'behind a number' -EndOfInput
        @($task | Receive-CrTask -Wait) -join '' | Should -BeLike '*by position*behind a number*'
    }

    It 'sends piped text to a task that a parameter names' {
        $task | Suspend-CrTask | Out-Null
        'a', 'b' | Send-CrTask $task -EndOfInput
        $task | Resume-CrTask | Receive-CrTask -Wait | Should -Be 'got 4: a', 'b', 'end'
    }

    It 'sends exact text and bytes' {
        Send-CrTask -Id $task.Id -InputText 'x' -NoNewline -EndOfInput
        $task | Receive-CrTask -Wait | Should -Be 'got 1: x', 'end'
        $other = Start-CrTask ([IO.Path]::Combine($guests, 'readblock')) -Suspended
        [byte[]](65, 66) | Send-CrTask $other
        $other | Send-CrTask -InputBytes 67 -EndOfInput
        $other | Resume-CrTask | Receive-CrTask -Wait | Should -Be 'got 3: ABC', 'end'
        $other | Remove-CrTask -Force
    }

    It 'sends a signal' {
        ($task | Send-CrTask -Signal INT -PassThru | Wait-CrTask -Timeout 30).ExitCode | Should -Be 130
    }

    It 'takes objects with a property CrTaskId' {
        [pscustomobject]@{ CrTaskId = $task.Id } | Send-CrTask -EndOfInput
        $task | Receive-CrTask -Wait | Should -Be 'end'
    }

    It 'sends nothing with -WhatIf' {
        $task | Send-CrTask -Signal KILL -EndOfInput -WhatIf
        $task.HasExited | Should -BeFalse
    }

    It 'refuses input after its end, and a task that has ended' {
        $task | Send-CrTask -EndOfInput
        { $task | Send-CrTask -InputText more -ErrorAction Stop } | Should -Throw -ErrorId "*,$namespace.SendCrTaskCommand"
        $task | Stop-CrTask
        { $task | Send-CrTask -InputText more -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$namespace.SendCrTaskCommand"
    }

    It 'needs a task' {
        { Send-CrTask -InputText x } | Should -Throw -ErrorId "NoTask,$namespace.SendCrTaskCommand"
        { 'x' | Send-CrTask -ErrorAction Stop } | Should -Throw -ErrorId "NoTask,$namespace.SendCrTaskCommand"
    }
}
