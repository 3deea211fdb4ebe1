# Receive-CrTask: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Receive-CrTask' {
    It 'gives each line once' {
        $task = Start-CrTask $counter -ArgumentList 3, 100 | Wait-CrTask -Timeout 30
        $task | Receive-CrTask | Should -Be 1, 2, 3
        $task | Receive-CrTask | Should -BeNullOrEmpty
        $task | Remove-CrTask
    }

    It 'follows a task to its end with -Wait' {
        $task = Start-CrTask $counter -ArgumentList 50, 2000
        @($task | Receive-CrTask -Wait).Count | Should -Be 50
        $task | Remove-CrTask
    }

    It 'gives the exact text with -Raw' {
        $task = Start-CrTask $counter -ArgumentList 2, 100 | Wait-CrTask -Timeout 30
        $task | Receive-CrTask -Raw | Should -BeExactly "1`n2`n"
        $task | Remove-CrTask
    }

    It 'gives bytes with -AsByteStream' {
        $task = Start-CrTask $counter -ArgumentList 1, 100 | Wait-CrTask -Timeout 30
        $task | Receive-CrTask -AsByteStream | Should -Be 49, 10
        $task | Remove-CrTask
    }

    It 'keeps a last line without a newline until the end' {
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'readblock')) -InputText 'abc' -Suspended
        $task | Send-CrTask -EndOfInput
        $lines = $task | Resume-CrTask | Receive-CrTask -Wait
        $lines[-1] | Should -Be end
        $task | Remove-CrTask
    }

    It 'decodes with -Encoding' {
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'readblock')) -InputText ([char]0xe9) -Encoding latin1 -Suspended
        $task | Send-CrTask -EndOfInput
        ($task | Resume-CrTask | Receive-CrTask -Wait -Encoding latin1)[0] | Should -BeExactly "got 1: $([char]0xe9)"
        $task | Remove-CrTask
    }

    It 'takes a number, a name and a property' {
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'hello')) | Wait-CrTask -Timeout 30
        Receive-CrTask $task.Id | Should -Be 'Hello from i386'
        Receive-CrTask -Name hello | Should -BeNullOrEmpty
        [pscustomobject]@{ CrTaskId = $task.Id } | Receive-CrTask -ErrorOutput | Should -BeNullOrEmpty
        $task | Remove-CrTask
    }

    It 'lets a writer go on that waits for room' {
        $task = Start-CrTask $counter -ArgumentList 2000, 10 -StreamLimit 4096
        foreach ($i in 1..6000) { if ($task.State -eq 'Waiting') { break }; [Threading.Thread]::Sleep(10) }
        $task.WaitReason | Should -Match 'standard output is full'
        @($task | Receive-CrTask -Wait).Count | Should -Be 2000
        $task | Remove-CrTask
    }

    It 'does not wait for a frozen task' {
        $task = Start-CrTask $counter -Suspended
        { $task | Receive-CrTask -Wait -ErrorAction Stop } | Should -Throw -ErrorId "TaskFrozen,$namespace.ReceiveCrTaskCommand"
        $task | Remove-CrTask -Force
    }

    It 'refuses what is no encoding' {
        { Receive-CrTask 1 -Encoding nothing } | Should -Throw -ErrorId "ParameterArgumentTransformationError,$namespace.ReceiveCrTaskCommand"
    }
}
