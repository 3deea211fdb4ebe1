# Receive-CrMachine: what it takes and what it does not; a machine that is held runs with its token alone.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $counter = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin', 'counter')
    $receive = 'CheckpointRestart.PS.Commands.ReceiveCrMachineCommand'
    $move = 'CheckpointRestart.PS.Commands.MoveCrTaskCommand'
    # It has a second of work, which it is in the middle of when it is sent.
    function Start-Counter([int] $work = 60000000) { Start-CrTask $counter -ArgumentList 30, $work -Clock Virtual }
    $whole = @(Start-Counter 1000 | Receive-CrTask -Wait)

    # Two pipes of this process, crossed: what one end writes the other reads.
    function New-Way {
        $forth = [IO.Pipes.AnonymousPipeServerStream]::new('Out'); $back = [IO.Pipes.AnonymousPipeServerStream]::new('Out')
        @{
            Sender = @{ OutputStream = $forth; InputStream = [IO.Pipes.AnonymousPipeClientStream]::new('In', $back.ClientSafePipeHandle) }
            Receiver = @{ OutputStream = $back; InputStream = [IO.Pipes.AnonymousPipeClientStream]::new('In', $forth.ClientSafePipeHandle) }
        }
    }
}

AfterAll {
    Get-Job | Remove-Job -Force
    Get-CrTask | Remove-CrTask -Force
}

Describe 'A port that cannot be listened on' {
    It 'is told, as it is of Start-CrTask' {
        $taken = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $taken.Start()
        $port = $taken.LocalEndpoint.Port
        $problem = { Receive-CrMachine -Port $port -ErrorAction Stop } | Should -Throw -ErrorId "PortNotAvailable,$receive" -PassThru
        $problem.Exception.Message | Should -BeLike "127.0.0.1:$port cannot be listened on: *"
        $problem.CategoryInfo.Category | Should -Be ResourceUnavailable
        $problem.ErrorDetails.RecommendedAction | Should -Be 'Take another port, or 0 for a free one.'
        $taken.Stop()
    }

    It 'may be one of another host, or none' {
        $secret = [securestring]::new(); $secret.AppendChar('x')
        { Receive-CrMachine -Port 0 -Address 192.0.2.1 -Secret $secret -ErrorAction Stop } | Should -Throw -ErrorId "PortNotAvailable,$receive"
        { Receive-CrMachine -Port 0 -PublishPort 70000 -Timeout 0.1 } | Should -Throw -ErrorId "InvalidPort,$receive"
    }
}

Describe 'Receive-CrMachine' {
    It 'receives over two streams' {
        $way = New-Way
        $receiver = $way.Receiver
        $job = Receive-CrMachine @receiver -FilePath $counter -AsJob
        $task = Start-Counter
        $sender = $way.Sender
        ($task | Move-CrTask @sender).Destination | Should -Be 'the other end of a stream'
        $null = $job | Wait-Job -Timeout 120
        @($job | Receive-Job | Receive-CrTask -Wait) -join "`n" | Should -Be ($whole -join "`n")
    }

    It 'publishes ports once the sender has let them go' {
        $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
        $server = Start-CrTask /echoserver -ArgumentList 7000 -Root $guests -PublishPort 7000:0
        $port = $server.PublishedPorts[0].HostPort
        foreach ($i in 1..6000) { if ($server | Receive-CrTask) { break }; [Threading.Thread]::Sleep(5) }
        function Test-Echo($port) {
            $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $port)
            $client.ReceiveTimeout = 60000
            $stream = $client.GetStream()
            $stream.Write([Text.Encoding]::ASCII.GetBytes('hello'), 0, 5)
            $got = [byte[]]::new(5)
            $stream.ReadExactly($got, 0, 5)
            $client.Close()
            [Text.Encoding]::ASCII.GetString($got)
        }
        Test-Echo $port | Should -Be hello
        $job = Receive-CrMachine -Port 0 -Root $guests -PublishSamePorts -PublishPort 7000 -AsJob
        $null = $server | Move-CrTask -Port $job.Port
        $null = $job | Wait-Job -Timeout 120
        $there = $job | Receive-Job
        @($there.PublishedPorts.HostPort)[0] | Should -Be $port
        @($there.PublishedPorts).Count | Should -Be 2
        foreach ($published in $there.PublishedPorts) { Test-Echo $published.HostPort | Should -Be hello }
        $there.Machine.UnpublishedPorts.Count | Should -Be 0
        # Somebody else has the port: the machine runs all the same, and that is told.
        $taken = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $taken.Start()
        $job = Receive-CrMachine -Port 0 -Root $guests -PublishPort "7000:$($taken.LocalEndpoint.Port)" -AsJob
        $null = $there | Move-CrTask -Port $job.Port
        $null = $job | Wait-Job -Timeout 120
        $last = $job | Receive-Job -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'PortNotAvailable*'
        $last.State | Should -Not -Be Frozen
        $taken.Stop()
        $last | Remove-CrTask -Force
    }

    It 'leaves the machine frozen with -Suspended' {
        $way = New-Way
        $receiver = $way.Receiver; $sender = $way.Sender
        $job = Receive-CrMachine @receiver -FilePath $counter -Suspended -AsJob
        $null = Start-Counter | Move-CrTask @sender
        $null = $job | Wait-Job -Timeout 120
        $there = $job | Receive-Job
        $there.State | Should -Be Frozen
        $there | Resume-CrTask
        @($there | Receive-CrTask -Wait) -join "`n" | Should -Be ($whole -join "`n")
    }

    It 'holds a machine whose sender is cut off, until it gets the token' {
        $way = New-Way
        $receiver = $way.Receiver; $sender = $way.Sender
        # Takes what says that it is held, and is deaf when the sender lets go.
        $job = Receive-CrMachine @receiver -FilePath $counter -AsJob
        $task = Start-Counter
        $before = @(); foreach ($i in 1..6000) { $before += @($task | Receive-CrTask); if ($before.Count -ge 3) { break }; [Threading.Thread]::Sleep(5) }
        $record = Join-Path $TestDrive "$([guid]::NewGuid()).token"
        # The record's directory is not there: the sender cannot give the machine up.
        { $task | Move-CrTask @sender -RecordPath (Join-Path $TestDrive no/where.token) -ErrorAction Stop } | Should -Throw -ErrorId "MoveFailed,$move"
        $sender.OutputStream.Dispose()
        $null = $job | Wait-Job -Timeout 120
        $job.State | Should -Be Failed
        $job.Error[0].FullyQualifiedErrorId | Should -BeLike 'MachineHeld*'
        # It goes on at its sender, and no token lets it go on here.
        { Receive-CrMachine -Token ('00' * 32) -ErrorAction Stop } | Should -Throw -ErrorId "NoHeldMachine,$receive"
        @(Get-CrTask | Where-Object { $_.Name -eq 'counter' -and -not $_.HasExited -and $_.Id -ne $task.Id }).Count | Should -Be 0
        @($before + @($task | Receive-CrTask -Wait)) -join "`n" | Should -Be ($whole -join "`n")
        Test-Path $record | Should -BeFalse
    }

    It 'leaves a sender that is cut off at the very end with the token' {
        $forth = [IO.Pipes.AnonymousPipeServerStream]::new('Out')
        $back = [IO.Pipes.AnonymousPipeServerStream]::new('Out')
        $last = [IO.Pipes.AnonymousPipeServerStream]::new('Out')
        $record = Join-Path $TestDrive "$([guid]::NewGuid()).token"
        # Hands on what the receiver says, until the sender has let go.
        $relay = [powershell]::Create().AddScript({
                param($from, $to, $record)
                $buffer = [byte[]]::new(65536)
                while (($count = $from.Read($buffer, 0, $buffer.Length)) -gt 0) {
                    if ([IO.File]::Exists($record)) { break }
                    $to.Write($buffer, 0, $count)
                    $to.Flush()
                }
                $to.Dispose()
            }).AddArgument([IO.Pipes.AnonymousPipeClientStream]::new('In', $back.ClientSafePipeHandle)).AddArgument($last).AddArgument($record)
        $relay.Runspace = [runspacefactory]::CreateRunspace([initialsessionstate]::CreateDefault2())
        $relay.Runspace.Open()
        $handing = $relay.BeginInvoke()
        $job = Receive-CrMachine -InputStream ([IO.Pipes.AnonymousPipeClientStream]::new('In', $forth.ClientSafePipeHandle)) -OutputStream $back -FilePath $counter -AsJob
        $task = Start-CrTask $counter -Suspended
        { $task | Move-CrTask -InputStream ([IO.Pipes.AnonymousPipeClientStream]::new('In', $last.ClientSafePipeHandle)) -OutputStream $forth -RecordPath $record -ErrorAction Stop } | Should -Throw -ErrorId 'MoveUncertain,CheckpointRestart.PS.Commands.MoveCrTaskCommand'
        $null = $relay.EndInvoke($handing)
        $relay.Runspace.Dispose()
        [IO.File]::ReadAllText($record).Trim() | Should -Match '^[0-9a-f]{64}$'
        $null = $job | Wait-Job -Timeout 120
        ($job | Receive-Job).Name | Should -Be counter
    }

    It 'waits no longer than it is told' {
        { Receive-CrMachine -Port 0 -Timeout 0.2 -ErrorAction Stop } | Should -Throw -ErrorId "MoveTimedOut,$receive"
        $way = New-Way
        $receiver = $way.Receiver
        { Receive-CrMachine @receiver -Timeout 0.2 -ErrorAction Stop } | Should -Throw -ErrorId "MoveFailed,$receive"
    }

    It 'listens for others than this host only when it can tell who they are' {
        { Receive-CrMachine -Port 0 -Address 0.0.0.0 } | Should -Throw -ErrorId "ListenNeedsSecret,$receive"
        { Receive-CrMachine -Port 0 -Root . -FilePath $counter } | Should -Throw -ErrorId "ParameterConflict,$receive"
        { Receive-CrMachine -Token 1234 } | Should -Throw -ErrorId "ParameterArgumentValidationError,$receive"
    }

    It 'refuses what is no machine' {
        $garbage = [IO.MemoryStream]::new([Text.Encoding]::ASCII.GetBytes('GET / HTTP/1.1'))
        { Receive-CrMachine -InputStream $garbage -OutputStream ([IO.MemoryStream]::new()) -ErrorAction Stop } | Should -Throw -ErrorId "MoveFailed,$receive"
        $image = [Text.Encoding]::ASCII.GetBytes('CrMove01') + [byte[]]::new(32) + [Text.Encoding]::ASCII.GetBytes('this is no image at all, though it is long enough to be one.....')
        { Receive-CrMachine -InputStream ([IO.MemoryStream]::new([byte[]]$image)) -OutputStream ([IO.MemoryStream]::new()) -ErrorAction Stop } | Should -Throw -ErrorId "InvalidImage,$receive"
    }

    It 'is stopped as a job' {
        $job = Receive-CrMachine -Port 0 -AsJob
        $job.Location | Should -Be "127.0.0.1:$($job.Port)"
        $job | Stop-Job
        $job.State | Should -Be Stopped
        $job | Remove-Job
    }
}
