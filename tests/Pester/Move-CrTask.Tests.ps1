# Move-CrTask and Receive-CrMachine: a machine goes on in another process, with no output lost or doubled; cut wherever it may be, one of the two ends has it.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $move = 'CheckpointRestart.PS.Commands.MoveCrTaskCommand'
    $receive = 'CheckpointRestart.PS.Commands.ReceiveCrMachineCommand'

    # A counter that has a second of work, which it is in the middle of when it is sent; and what it would say in all.
    function Start-Counter([int] $work = 60000000) { Start-CrTask $counter -ArgumentList 30, $work -Clock Virtual }
    $whole = @(Start-Counter 1000 | Receive-CrTask -Wait)

    function Wait-Output($task, [int] $lines) {
        $seen = @()
        foreach ($i in 1..6000) {
            $seen += @($task | Receive-CrTask)
            if ($seen.Count -ge $lines) { break }
            [Threading.Thread]::Sleep(5)
        }
        , $seen
    }

    function Complete-Job($job) {
        $null = $job | Wait-Job -Timeout 120
        $job | Receive-Job -ErrorAction SilentlyContinue -WarningAction SilentlyContinue
    }
}

AfterAll {
    Get-Job | Remove-Job -Force
    Get-CrTask | Remove-CrTask -Force
}

Describe 'Move-CrTask' {
    It 'moves a machine that runs, over TCP, and says what it took' {
        $job = Receive-CrMachine -Port 0 -FilePath $counter -AsJob
        $job.EndPoint.Address.ToString() | Should -Be 127.0.0.1
        $task = Start-Counter
        $before = Wait-Output $task 3
        $result = $task | Move-CrTask -Port $job.Port
        $result | Should -BeOfType 'CheckpointRestart.PS.Objects.CrMove'
        $result.Name | Should -Be counter
        $result.TaskId | Should -Be $task.Id
        $result.Bytes | Should -BeGreaterThan 8192
        $result.Pause | Should -BeGreaterThan ([timespan]::Zero)
        $result.Duration | Should -BeGreaterThan $result.Pause
        $result.Throughput | Should -BeGreaterThan 0
        $result.Destination | Should -Be "127.0.0.1:$($job.Port)"
        $task.HasExited | Should -BeTrue
        $task.Machine.MovedTo | Should -Be $result.Destination
        # What it had said and nobody had read went with it.
        $task | Receive-CrTask | Should -BeNullOrEmpty
        $there = Complete-Job $job
        $there.ProcessId | Should -Be $task.ProcessId
        $there.State | Should -Not -Be Frozen
        @($before + @($there | Receive-CrTask -Wait)) -join "`n" | Should -Be ($whole -join "`n")
        $there.ExitCode | Should -Be 0
        $job.State | Should -Be Completed
    }

    It 'moves it from another process: <what>' -ForEach @(
        @{ what = 'with a secret'; secret = 'between us' }
        @{ what = 'from this host'; secret = '' }
    ) {
        $with = if ($secret) { @{ Secret = New-Secret $secret } } else { @{} }
        $job = Receive-CrMachine -Port 0 -FilePath $counter -AsJob -Timeout 240 @with
        $before = Invoke-FreshHost -ArgumentList $counter, $job.Port, $secret {
            param($counter, $port, $text)
            $with = @{}
            if ($text) {
                $with.Secret = [securestring]::new()
                foreach ($character in $text.ToCharArray()) { $with.Secret.AppendChar($character) }
            }
            $task = Start-CrTask $counter -ArgumentList 30, 100000000 -Clock Virtual
            $lines = @()
            while ($lines.Count -lt 5) { $lines += @($task | Receive-CrTask); [Threading.Thread]::Sleep(5) }
            # Proving a secret takes its time.
            if ($text) { $null = $task | Suspend-CrTask }
            $null = $task | Move-CrTask -Port $port @with
            if (-not $task.HasExited) { throw 'It is still here.' }
            $lines
            $task | Receive-CrTask
        }
        $there = Complete-Job $job
        if ($secret) { $null = $there | Resume-CrTask }
        @($before + @($there | Receive-CrTask -Wait)) -join "`n" | Should -Be ($whole -join "`n")
        @($before).Count | Should -BeGreaterOrEqual 5
    }

    It 'moves it from another process over its standard streams' {
        $script = Join-Path $TestDrive sender.ps1
        $said = Join-Path $TestDrive said
        [IO.File]::WriteAllText($script, @"
Import-Module '$(Get-ModuleManifest)'
`$task = Start-CrTask '$counter' -ArgumentList 30, 100000000 -Clock Virtual
`$lines = @()
while (`$lines.Count -lt 5) { `$lines += @(`$task | Receive-CrTask); [Threading.Thread]::Sleep(5) }
`$null = `$task | Move-CrTask -InputStream ([Console]::OpenStandardInput()) -OutputStream ([Console]::OpenStandardOutput())
[IO.File]::WriteAllLines('$said', [string[]]`$lines)
"@)
        $program, [string[]] $first = Get-HostCommand
        $start = [Diagnostics.ProcessStartInfo]::new($program)
        foreach ($argument in $first + '-NoProfile', '-NonInteractive', '-File', $script) { $start.ArgumentList.Add($argument) }
        $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
        $process = [Diagnostics.Process]::Start($start)
        $there = Receive-CrMachine -InputStream $process.StandardOutput.BaseStream -OutputStream $process.StandardInput.BaseStream -FilePath $counter -Timeout 240
        $process.WaitForExit()
        $process.ExitCode | Should -Be 0
        @(@([IO.File]::ReadAllLines($said)) + @($there | Receive-CrTask -Wait)) -join "`n" | Should -Be ($whole -join "`n")
    }

    It 'moves it between ends that trust each other''s certificates' {
        $mine = New-Certificate sender; $yours = New-Certificate receiver
        $job = Receive-CrMachine -Port 0 -Address 127.0.0.1 -FilePath $counter -AsJob -Certificate $yours -TrustedCertificate $mine
        $task = Start-Counter 100000000
        ($task | Move-CrTask -Port $job.Port -Certificate $mine -TrustedCertificate $yours).Bytes | Should -BeGreaterThan 8192
        @(Complete-Job $job | Receive-CrTask -Wait) -join "`n" | Should -Be ($whole -join "`n")
    }

    It 'moves all tasks of a machine at once, and a frozen one stays frozen' {
        $family = Start-CrTask /childholder -Root $guests
        foreach ($i in 1..6000) { if ($family | Receive-CrTask | Where-Object { $_ -like '*ready*' }) { break }; [Threading.Thread]::Sleep(10) }
        $tasks = @(Get-CrMachine $family.MachineId | Get-CrTask)
        $null = $family | Suspend-CrTask
        $job = Receive-CrMachine -Port 0 -Root $guests -AsJob
        @($tasks | Move-CrTask -Port $job.Port).Count | Should -Be 1
        $there = @(Complete-Job $job)
        $there.Count | Should -Be 2
        $there[0].ProcessId | Should -Be $family.ProcessId
        $there[0] | Remove-CrTask -Force
    }

    It 'sends images ahead while the machine runs: <what>' -ForEach @(
        @{ what = 'in clear'; secret = '' }
        @{ what = 'with a secret'; secret = 'between us' }
    ) {
        $with = if ($secret) { @{ Secret = New-Secret $secret } } else { @{} }
        $job = Receive-CrMachine -Port 0 -Address 127.0.0.1 -FilePath $counter -AsJob @with
        $arguments = 0, 20000
        $task = Start-CrTask $counter -ArgumentList $arguments
        $before = Wait-Output $task 3
        $result = $task | Move-CrTask -Port $job.Port -PreCopy 3 @with
        $result.Rounds | Should -BeIn 1, 2, 3
        $result.RoundBytes | Should -BeGreaterThan 8192
        $result.Bytes | Should -BeGreaterThan $result.RoundBytes
        $result.Pause | Should -BeLessThan $result.Duration
        $there = Complete-Job $job
        $after = Wait-Output $there 3
        @($before + $after)[0..($before.Count + 2)] | Should -Be @(1..($before.Count + 3))
        $there | Remove-CrTask -Force
    }

    It 'does nothing with -WhatIf' {
        $task = Start-Counter
        $task | Move-CrTask -Port 1 -WhatIf | Should -BeNullOrEmpty
        Receive-CrMachine -Port 0 -WhatIf | Should -BeNullOrEmpty
        $task.State | Should -Not -Be Frozen
        $task | Remove-CrTask -Force
    }
}

Describe 'What goes wrong' {
    BeforeEach { $task = Start-Counter }
    AfterEach {
        # Whatever it was, the machine goes on here and says all that it has to say.
        @($task | Receive-CrTask -Wait) -join "`n" | Should -Be ($whole -join "`n")
        $task | Remove-CrTask
    }

    It 'is nobody who listens' {
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $listener.Start(); $port = $listener.LocalEndpoint.Port; $listener.Stop()
        { $task | Move-CrTask -Port $port -ErrorAction Stop } | Should -Throw -ErrorId "ConnectionFailed,$move"
    }

    It 'is somebody else who listens' {
        $other = [IO.MemoryStream]::new([Text.Encoding]::ASCII.GetBytes('SSH-2.0-OpenSSH_9.2p1'))
        { $task | Move-CrTask -InputStream $other -OutputStream ([IO.MemoryStream]::new()) -ErrorAction Stop } | Should -Throw -ErrorId "MoveFailed,$move"
        # One who says nothing.
        $null = $task | Suspend-CrTask
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $listener.Start()
        { $task | Move-CrTask -Port $listener.LocalEndpoint.Port -Timeout 2 -ErrorAction Stop } | Should -Throw -ErrorId "MoveFailed,$move"
        $listener.Stop()
        $null = $task | Resume-CrTask
    }

    It 'is another secret, and the receiver waits on for the right one' {
        $null = $task | Suspend-CrTask
        $job = Receive-CrMachine -Port 0 -Address 127.0.0.1 -FilePath $counter -AsJob -Secret (New-Secret right)
        { $task | Move-CrTask -Port $job.Port -Secret (New-Secret wrong) -ErrorAction Stop } | Should -Throw -ErrorId "SecretRefused,$move"
        { $task | Move-CrTask -Port $job.Port -ErrorAction Stop } | Should -Throw -ErrorId "ProtectionDiffers,$move"
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $job.Port)
        $client.GetStream().Write([byte[]]::new(500), 0, 500)
        $client.Close()
        $job.State | Should -Be Running
        # Frozen: the way to a shared secret takes longer than it has to count.
        $other = Start-Counter | Suspend-CrTask
        $null = $other | Move-CrTask -Port $job.Port -Secret (New-Secret right) -ErrorAction Stop
        $task.State | Should -Be Frozen
        $null = $task | Resume-CrTask
        $null = $job | Wait-Job -Timeout 120
        $job.Warning.Count | Should -BeGreaterOrEqual 2
        @($job.Warning.Message | Where-Object { $_ -like '*was turned away: who connected has another secret*' }).Count | Should -Be 1
        @(Complete-Job $job | Resume-CrTask | Receive-CrTask -Wait).Count | Should -Be 30
    }

    It 'is a certificate that is not trusted' {
        $null = $task | Suspend-CrTask
        $mine = New-Certificate sender; $yours = New-Certificate receiver
        $job = Receive-CrMachine -Port 0 -Address 127.0.0.1 -FilePath $counter -AsJob -Certificate $yours -TrustedCertificate $mine
        { $task | Move-CrTask -Port $job.Port -Certificate $mine -ErrorAction Stop } | Should -Throw -ErrorId "CertificateNotTrusted,$move"
        { $task | Move-CrTask -Port $job.Port -Certificate (New-Certificate stranger) -TrustedCertificate $yours -ErrorAction Stop } | Should -Throw -ErrorId "MoveFailed,$move"
        $job | Stop-Job
        $job.State | Should -Be Stopped
        $null = $task | Resume-CrTask
    }

    It 'is a receiver without the files' {
        $job = Receive-CrMachine -Port 0 -AsJob
        { $task | Move-CrTask -Port $job.Port -ErrorAction Stop } | Should -Throw -ErrorId "MoveFailed,$move" -ExpectedMessage '*the receiver cannot make the machine: *counter*'
        $job | Stop-Job
    }

    It 'is two who send to one: one is taken, the other goes on' {
        $job = Receive-CrMachine -Port 0 -FilePath $counter -AsJob
        $port = $job.Port
        $first = Start-Counter
        $null = $first | Move-CrTask -Port $port
        { $task | Move-CrTask -Port $port -ErrorAction Stop } | Should -Throw -ErrorId '*'
        $first.HasExited | Should -BeTrue
        @(Complete-Job $job).Count | Should -Be 1
    }

    It 'is a way that is said twice or not at all' {
        { $task | Move-CrTask } | Should -Throw -ErrorId "ParameterConflict,$move"
        { $task | Move-CrTask -Port 1 -Stream ([IO.MemoryStream]::new()) } | Should -Throw -ErrorId "ParameterConflict,$move"
        { $task | Move-CrTask -Port 1 -Secret (New-Secret a) -Certificate (New-Certificate b) } | Should -Throw -ErrorId "ParameterConflict,$move"
        { $task | Move-CrTask -Port 1 -Secret text } | Should -Throw -ErrorId "ParameterArgumentTransformationError,$move"
    }
}
