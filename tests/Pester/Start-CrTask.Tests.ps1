# Start-CrTask: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Start-CrTask -Wait' {
    It 'streams the lines of the output and sets LASTEXITCODE' {
        Start-CrTask ([IO.Path]::Combine($guests, 'hello')) -Wait | Should -BeExactly 'Hello from i386'
        $global:LASTEXITCODE | Should -Be 0
    }

    It 'gives exit status <status>' -ForEach @(@{ status = 0 }, @{ status = 7 }, @{ status = 255 }) {
        Start-CrTask ([IO.Path]::Combine($guests, 'exitcode')) -ArgumentList $status -Wait | Should -BeNullOrEmpty
        $global:LASTEXITCODE | Should -Be $status
    }

    It 'gives 128 + n after signal n' {
        Start-CrTask ([IO.Path]::Combine($guests, 'jumpzero')) -Wait | Out-Null
        $global:LASTEXITCODE | Should -Be 139
    }

    It 'leaves nothing behind' {
        $before = @(Get-CrMachine).Count
        Start-CrTask ([IO.Path]::Combine($guests, 'hello')) -Wait | Out-Null
        @(Get-CrMachine).Count | Should -Be $before
    }

    It 'stops the program when the pipeline has enough' {
        Start-CrTask $counter -Wait | Select-Object -First 3 | Should -Be 1, 2, 3
        Get-CrTask -Name counter* | Should -BeNullOrEmpty
    }

    It 'gives the text of -InputText as the whole input' {
        Start-CrTask ([IO.Path]::Combine($guests, 'readblock')) -InputText 'some text' -Wait | Should -Be 'got 9: some text', 'end'
    }

    It 'feeds more input than the stream holds' {
        $text = 'x' * 4095 + "`n"
        $lines = Start-CrTask ([IO.Path]::Combine($guests, 'readblock')) -InputText ($text * 20) -StreamLimit 8192 -Wait
        $lines[-1] | Should -Be 'end'
        ($lines -like 'got *').ForEach({ [int]$_.Split(' ')[1].TrimEnd(':') }) | Measure-Object -Sum | ForEach-Object Sum | Should -Be (20 * 4096)
    }

    It 'gives the end of input at once without -InputText' {
        Start-CrTask ([IO.Path]::Combine($guests, 'readblock')) -Wait | Should -Be 'end'
    }
}

Describe 'Start-CrTask' {
    It 'gives the task, with the numbers of shell and guest' {
        $task = Start-CrTask $counter
        $task | Should -BeOfType 'CheckpointRestart.PS.Objects.CrTask'
        $task.Name | Should -Be counter
        $task.ProcessId | Should -Be 2
        $task.ParentProcessId | Should -Be 1
        (Get-CrTask -Id $task.Id).MachineId | Should -Be $task.MachineId
        $task | Remove-CrTask -Force
    }

    It 'makes a machine of its own for each program' {
        $first, $second = 1..2 | ForEach-Object { Start-CrTask $counter -Suspended }
        $first.MachineId | Should -Not -Be $second.MachineId
        $second.Id | Should -BeGreaterThan $first.Id
        $first, $second | Remove-CrTask -Force
    }

    It 'lets programs of the host connect to a port, at 127.0.0.1 alone' {
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'echoserver')) -ArgumentList 7000 -PublishPort 7000
        $port = $task.PublishedPorts[0]
        "$port" | Should -BeExactly "7000:$($port.HostPort)"
        for ($i = 0; $i -lt 600 -and -not ($said = $task | Receive-CrTask); $i++) { Start-Sleep -Milliseconds 50 }
        $said | Should -BeExactly 'listening'
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $port.HostPort)
        $client.ReceiveTimeout = 30000
        $stream = $client.GetStream()
        $stream.Write([byte[]](1, 2, 3), 0, 3)
        $back = [byte[]]::new(3)
        $stream.ReadExactly($back, 0, 3)
        $back | Should -Be 1, 2, 3
        $client.Dispose()
        $task | Remove-CrTask -Force
        { [Net.Sockets.TcpClient]::new('127.0.0.1', $port.HostPort) } | Should -Throw
    }

    It 'refuses what is no port' {
        { Start-CrTask ([IO.Path]::Combine($guests, 'hello')) -PublishPort 0 -ErrorAction Stop } | Should -Throw '*no pair of ports*'
    }

    It 'leaves the task before its first instruction with -Suspended' {
        $task = Start-CrTask $counter -Suspended
        $task.State | Should -Be Frozen
        $task.Instructions | Should -Be 0
        $task | Remove-CrTask -Force
    }

    It 'gives arguments and the whole environment' {
        $lines = Start-CrTask ([IO.Path]::Combine($guests, 'env')) -ArgumentList one, 'two words', '' -Environment @{ A = 1 } -Wait
        $lines | Should -Contain 'argc 4'
        $lines | Should -Contain 'argv two words'
        @($lines -like 'env *') | Should -Be 'env A=1'
    }

    It 'gives the variables in one order in every run' {
        $lines = Start-CrTask ([IO.Path]::Combine($guests, 'env')) -Environment @{ c = 3; a = 1; b = 2 } -Wait
        @($lines -like 'env *') | Should -Be 'env a=1', 'env b=2', 'env c=3'
        $lines = Start-CrTask ([IO.Path]::Combine($guests, 'env')) -Environment ([ordered]@{ c = 3; a = 1 }) -Wait
        @($lines -like 'env *') | Should -Be 'env c=3', 'env a=1'
    }

    It 'gives PATH, HOME and TERM unless told otherwise' {
        $lines = Start-CrTask ([IO.Path]::Combine($guests, 'env')) -Wait
        @($lines -like 'env *').Count | Should -Be 3
    }

    It 'starts in the machine that -Machine names' {
        $first = Start-CrTask /counter -Root $guests -Suspended
        $second = Start-CrTask /hello -Machine $first
        $second | Wait-CrTask -Timeout 30 | Out-Null
        $second.MachineId | Should -Be $first.MachineId
        $second.ProcessId | Should -Be 3
        $second, $first | Remove-CrTask -Force
    }

    It 'writes output to a guest file' {
        $root = New-Item -ItemType Directory (Join-Path $TestDrive root)
        Copy-Item ([IO.Path]::Combine($guests, 'hello')) $root.FullName
        Start-CrTask /hello -Root $root.FullName -RootWritable -OutputPath /out.txt -Wait | Should -BeNullOrEmpty
        Get-Content (Join-Path $root.FullName out.txt) | Should -Be 'Hello from i386'
        Start-CrTask /readblock -Root $guests -InputPath /COMPILER -Wait | Select-Object -First 1 | Should -Match '^got \d+: '
    }

    It 'keeps changes of the root in memory without -RootWritable' {
        $root = New-Item -ItemType Directory (Join-Path $TestDrive overlay)
        Copy-Item ([IO.Path]::Combine($guests, 'hello')) $root.FullName
        Start-CrTask /hello -Root $root.FullName -OutputPath /out.txt -Wait | Should -BeNullOrEmpty
        Test-Path (Join-Path $root.FullName out.txt) | Should -BeFalse
    }

    It 'repeats a run exactly with a virtual clock and a seed' {
        $hashes = 1..2 | ForEach-Object {
            $task = Start-CrTask $counter -Clock Virtual -Seed 5 -Suspended | Wait-CrTask -Instruction 123457
            ($task | Get-CrStateHash -Scope Full).Hash
            $task | Remove-CrTask -Force
        }
        $hashes[0] | Should -Be $hashes[1]
    }

    It 'gives the program the processor that -Cpu names' {
        $cpu = [IO.Path]::Combine($guests, 'cpu')
        $lines = Start-CrTask $cpu -Cpu i586 -Wait
        $lines | Should -Contain 'machine i586'
        $lines | Should -Contain 'cmov: SIGILL'
        $lines = Start-CrTask $cpu -Cpu pentium4 -Wait
        $lines | Should -Contain 'sse2: yes'
        $lines | Should -Contain 'popcnt: SIGILL'
        Start-CrTask $cpu -Wait | Where-Object { $_ -like '*SIGILL' } | Should -BeNullOrEmpty
        $task = Start-CrTask $cpu -Cpu I686 -Suspended
        (Get-CrMachine $task.MachineId).Cpu | Should -BeExactly i686
        $task | Remove-CrTask -Force
    }

    It 'completes the models' {
        $typed = 'Start-CrTask x -Cpu '
        (TabExpansion2 $typed $typed.Length).CompletionMatches.CompletionText | Should -Be i586, i686, max, pentium4
    }

    It 'starts nothing with -WhatIf' {
        $before = @(Get-CrTask).Count
        Start-CrTask $counter -WhatIf | Should -BeNullOrEmpty
        @(Get-CrTask).Count | Should -Be $before
    }
}

Describe 'Start-CrTask -User' {
    BeforeAll {
        $busybox = [IO.Path]::Combine((Get-RepositoryRoot), 'artifacts', 'guests', 'busybox')
        $hasBusybox = [IO.File]::Exists($busybox)
        $users = Join-Path $TestDrive users
        foreach ($folder in 'bin', 'etc') { $null = [IO.Directory]::CreateDirectory((Join-Path $users $folder)) }
        if ($hasBusybox) { Copy-Item $busybox (Join-Path $users bin busybox) }
        [IO.File]::WriteAllText((Join-Path $users etc passwd), "root:x:0:0::/:/bin/sh`njoe:x:1000:1001::/:/bin/sh`n")
        [IO.File]::WriteAllText((Join-Path $users etc group), "root:x:0:`njoe:x:1001:`nstaff:x:50:joe`nteam:x:60:`n")
        function Get-Identity([string] $User) {
            $given = if ($User) { @{ User = $User } } else { @{} }
            foreach ($what in '-u', '-g', '-G') { Start-CrTask /bin/busybox -ArgumentList id, $what -Root $users -Wait @given }
        }
    }

    It 'runs a program as <user>' -ForEach @(
        @{ user = ''; uid = 0; gid = 0; groups = 0 }
        @{ user = 'joe'; uid = 1000; gid = 1001; groups = 50, 1001 }
        @{ user = 'joe:team'; uid = 1000; gid = 60; groups = 60 }
        @{ user = '1000:7'; uid = 1000; gid = 7; groups = 7 }
        @{ user = '4000'; uid = 4000; gid = 4000; groups = 4000 }
    ) {
        if (-not $hasBusybox) { Set-ItResult -Skipped -Because 'busybox has not been fetched'; return }
        $found = Get-Identity $user
        $found[0] | Should -Be $uid
        $found[1] | Should -Be $gid
        @($found[2].Split(' ').ForEach([int]) | Sort-Object) | Should -Be $groups
    }

    It 'gives the user no rights that the files do not give' {
        if (-not $hasBusybox) { Set-ItResult -Skipped -Because 'busybox has not been fetched'; return }
        Start-CrTask /bin/busybox -ArgumentList touch, /etc/mine -Root $users -User joe -Wait | Out-Null
        $global:LASTEXITCODE | Should -Be 1
        Start-CrTask /bin/busybox -ArgumentList touch, /tmp/mine -Root $users -User joe -Wait | Out-Null
        $global:LASTEXITCODE | Should -Be 0
    }

    It 'names a user or group that is not there' {
        if (-not $hasBusybox) { Set-ItResult -Skipped -Because 'busybox has not been fetched'; return }
        { Start-CrTask /bin/busybox -Root $users -User nobody -ErrorAction Stop } | Should -Throw '*no user nobody*'
        { Start-CrTask /bin/busybox -Root $users -User joe:nobody -ErrorAction Stop } | Should -Throw '*no group nobody*'
    }
}

Describe 'Errors of Start-CrTask' {
    It 'names a program that is not there' {
        { Start-CrTask (Join-Path $TestDrive nothing) -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$namespace.StartCrTaskCommand"
        { Start-CrTask /nothing -Root $guests -ErrorAction Stop } | Should -Throw -ErrorId "StartFailed,$namespace.StartCrTaskCommand"
    }

    It 'names the architecture of a foreign program' {
        $program = [byte[]]::new(64)
        [Array]::Copy([byte[]](0x7f, 0x45, 0x4c, 0x46, 2, 1, 1), $program, 7)
        $program[16] = 2; $program[18] = 62; $program[20] = 1
        $file = Join-Path $TestDrive foreign
        [IO.File]::WriteAllBytes($file, $program)
        [IO.File]::SetUnixFileMode($file, 'UserRead, UserExecute')
        { Start-CrTask $file -ErrorAction Stop } | Should -Throw -ExpectedMessage '*64-bit*x86-64*' -ErrorId "NotAnI386Program,$namespace.StartCrTaskCommand"
    }

    It 'refuses a file that is no program' {
        $file = Join-Path $TestDrive text
        [IO.File]::WriteAllText($file, 'just text')
        [IO.File]::SetUnixFileMode($file, 'UserRead, UserExecute')
        { Start-CrTask $file -ErrorAction Stop } | Should -Throw -ErrorId "NotAnI386Program,$namespace.StartCrTaskCommand"
    }

    It 'names a root that is not there' {
        { Start-CrTask /hello -Root (Join-Path $TestDrive nowhere) -ErrorAction Stop } | Should -Throw -ErrorId "DirectoryNotFound,$namespace.StartCrTaskCommand"
    }

    It 'refuses parameters that contradict each other' {
        { Start-CrTask $counter -Wait -Suspended } | Should -Throw -ErrorId "ParameterConflict,$namespace.StartCrTaskCommand"
        { Start-CrTask $counter -InputText a -InputPath /b } | Should -Throw -ErrorId "ParameterConflict,$namespace.StartCrTaskCommand"
        $task = Start-CrTask $counter -Suspended
        { Start-CrTask /x -Machine $task -Root $guests } | Should -Throw -ErrorId "ParameterConflict,$namespace.StartCrTaskCommand"
        { Start-CrTask /x -Machine $task -Cpu i686 } | Should -Throw -ErrorId "ParameterConflict,$namespace.StartCrTaskCommand"
        $task | Remove-CrTask -Force
    }

    It 'refuses a processor that is none' {
        { Start-CrTask $counter -Cpu i486 } | Should -Throw -ErrorId "ParameterArgumentValidationError,$namespace.StartCrTaskCommand"
    }

    It 'refuses input that the stream cannot hold' {
        { Start-CrTask $counter -InputText ('x' * 5000) -StreamLimit 4096 -ErrorAction Stop } | Should -Throw -ErrorId "InputTooLong,$namespace.StartCrTaskCommand"
        Get-CrTask | Should -BeNullOrEmpty
    }

    It 'refuses a variable without a proper name' {
        { Start-CrTask $counter -Environment @{ 'A=B' = 1 } -ErrorAction Stop } | Should -Throw -ErrorId "InvalidEnvironment,$namespace.StartCrTaskCommand"
    }

    It 'says what to do' {
        Start-CrTask /nothing -Root $guests -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        $problem[0].TargetObject | Should -Be /nothing
    }
}
