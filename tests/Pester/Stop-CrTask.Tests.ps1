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

    It 'refuses what is no signal' {
        { $task | Stop-CrTask -Signal SIGNOTHING } | Should -Throw -ErrorId "ParameterArgumentTransformationError,$namespace.StopCrTaskCommand"
    }

    It 'reports a number that is not there' {
        { Stop-CrTask 999999 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$namespace.StopCrTaskCommand"
    }
}

Describe 'Stop-CrTask of what a machine was started with' {
    It 'ends <name>, within a second' -ForEach @(
        @{ name = 'a fork bomb'; guest = 'forkbomb'; says = 'fork: EAGAIN'; tasks = 199; limit = 200 }
        @{ name = 'a thread bomb'; guest = 'threadbomb'; says = 'clone: EAGAIN'; tasks = 199; limit = 200 }
        @{ name = 'two processes that wait for each other at full pipes'; guest = 'limits'; given = 'deadlock'; says = 'there'; tasks = 2 }
        @{ name = 'a process group that SIGSTOP holds'; guest = 'limits'; given = 'stopped'; says = 'there'; tasks = 11 }
        @{ name = '10,000 open descriptors'; guest = 'limits'; given = 'held'; says = 'there'; tasks = 1 }
        @{ name = '1,000 processes and 500 threads'; guest = 'many'; given = '1000', '500', 'stay'; says = 'there'; tasks = 1501; limit = 1600 }
        @{ name = 'a directory of 100,000 files'; guest = 'limits'; given = 'files'; says = 'there'; tasks = 1 }
        @{ name = 'a sparse file of 2 GiB'; guest = 'limits'; given = 'sparse'; says = 'there'; tasks = 1 }
    ) {
        $limit ??= 512
        $task = Start-CrTask ([IO.Path]::Combine($guests, $guest)) -ArgumentList @($given) -TaskLimit $limit
        try {
            $said = ''
            $deadline = [DateTime]::UtcNow.AddSeconds(120)
            while ($said -notlike "*$says*" -and [DateTime]::UtcNow -lt $deadline) {
                $said += $task | Receive-CrTask -Raw
                Start-Sleep -Milliseconds 20
            }
            $said | Should -BeLike "*$says*"
            $task.Machine.Tasks.Count | Should -Be $tasks
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $task | Stop-CrTask
            $seconds = $clock.Elapsed.TotalSeconds
            Write-Host ('      ended in {0:f2} s' -f $seconds)
            # A second is the promise; a computer that does much else may take longer.
            $seconds | Should -BeLessThan 20
            $task.ExitCode | Should -Be 137
            $task.Machine.Tasks | Should -HaveCount 1
        }
        finally { $task | Remove-CrTask -Force }
    }

    It 'ends what other cmdlets started there too, and leaves the machine' {
        $root = [IO.Directory]::CreateTempSubdirectory('cr-stop-').FullName
        try {
            foreach ($name in 'counter', 'hello') { [IO.File]::Copy([IO.Path]::Combine($guests, $name), [IO.Path]::Combine($root, $name)) }
            $first = Start-CrTask /counter -Root $root
            $second = Start-CrTask /counter -Machine $first.Machine
            $second | Stop-CrTask
            $first.HasExited | Should -BeFalse
            $third = Start-CrTask /counter -Machine $first.Machine
            $first | Stop-CrTask
            $third.ExitCode | Should -Be 137
            # What is left behind by one that has ended is ended too.
            $fourth = Start-CrTask /counter -Machine $first.Machine
            $first | Stop-CrTask
            $fourth.HasExited | Should -BeTrue
            Start-CrTask /hello -Machine $first.Machine -Wait | Should -Not -BeNullOrEmpty
            $first.Machine.State | Should -Not -Be Stopped
        }
        finally {
            $first, $second, $third, $fourth | Where-Object { $_ } | Remove-CrTask -Force
            [IO.Directory]::Delete($root, $true)
        }
    }

    It 'frees the ports that were published, for the same program started again, here or in a machine of its own' {
        $echo = @{ FilePath = [IO.Path]::Combine($guests, 'echoserver'); ArgumentList = 7000 }
        $first = Start-CrTask @echo -PublishPort 7000
        $port = "7000:$($first.PublishedPorts[0].HostPort)"
        { Start-CrTask @echo -PublishPort $port -ErrorAction Stop } | Should -Throw -ErrorId "PortNotAvailable,$namespace.StartCrTaskCommand"
        $first | Stop-CrTask
        $first.PublishedPorts | Should -BeNullOrEmpty
        $second = Start-CrTask @echo -PublishPort $port
        "$($second.PublishedPorts[0])" | Should -Be $port
        $second | Stop-CrTask
        $first, $second | Remove-CrTask
    }

    It 'ends one process of those that a guest has made' {
        $parent = Start-CrTask ([IO.Path]::Combine($guests, 'many')) -ArgumentList 5, 1, stay
        try {
            $deadline = [DateTime]::UtcNow.AddSeconds(60)
            while ($parent.Machine.Tasks.Count -lt 7 -and [DateTime]::UtcNow -lt $deadline) { Start-Sleep -Milliseconds 20 }
            $child = $parent.Machine.Tasks | Where-Object ThreadGroupId -ne $parent.ProcessId | Select-Object -First 1
            $child | Stop-CrTask
            $child.HasExited | Should -BeTrue
            $parent.HasExited | Should -BeFalse
            @($parent.Machine.Tasks | Where-Object HasExited -eq $false) | Should -HaveCount 6
        }
        finally { $parent | Remove-CrTask -Force }
    }

    It 'sends any other signal to the one process, and ends all that it left behind' {
        $parent = Start-CrTask ([IO.Path]::Combine($guests, 'forkbomb')) -TaskLimit 20
        try {
            $deadline = [DateTime]::UtcNow.AddSeconds(60)
            while ($parent.Machine.Tasks.Count -lt 19 -and [DateTime]::UtcNow -lt $deadline) { Start-Sleep -Milliseconds 20 }
            $parent | Stop-CrTask -Signal TERM
            ($parent | Wait-CrTask -Timeout 60).ExitCode | Should -Be 143
            @($parent.Machine.Tasks | Where-Object HasExited -eq $false).Count | Should -BeGreaterOrEqual 18
            $parent | Stop-CrTask
            @($parent.Machine.Tasks | Where-Object HasExited -eq $false) | Should -HaveCount 0
        }
        finally { $parent | Remove-CrTask -Force }
    }
}
