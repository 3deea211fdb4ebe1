# Restore-CrCheckpoint: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Restore-CrCheckpoint' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 1e6
        $v5 = Join-Path $TestDrive v5.cr
        $task | Save-CrCheckpoint $v5 -Format V5 -WarningAction SilentlyContinue | Out-Null
        $last = [int]@($task | Receive-CrTask)[-1]
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image -Stop

        function Get-Line($Task, [int] $Count) {
            $lines = @()
            while ($lines.Count -lt $Count) {
                $lines += @($Task | Receive-CrTask)
                [Threading.Thread]::Sleep(5)
            }
            $lines[0..($Count - 1)]
        }
    }

    It 'carries on where it stopped' {
        $next = $checkpoint | Restore-CrCheckpoint
        $next.ProcessId | Should -Be 2
        $next.Name | Should -Be counter
        Get-Line $next 2 | Should -Be ($last + 1), ($last + 2)
        $next | Remove-CrTask -Force
    }

    It 'carries on where it stopped, in another process' {
        $next = Invoke-FreshHost {
            param($image, $program)
            $task = Restore-CrCheckpoint $image -FilePath $program
            $task | Receive-CrTask -Wait | Select-Object -First 1
        } -ArgumentList $image, $counter -WorkingDirectory $TestDrive
        [int]$next | Should -Be ($last + 1)
    }

    It 'takes images by path, by file and as objects, with a root' {
        (Restore-CrCheckpoint $image -Root $guests -Suspended).State | Should -Be Frozen
        (Get-ChildItem $image | Restore-CrCheckpoint -Root $guests -Suspended).State | Should -Be Frozen
        (Get-CrCheckpoint $image | Restore-CrCheckpoint -Root $guests -Suspended).State | Should -Be Frozen
    }

    It 'gives copies their own host names, and ports when asked' {
        $copies = $checkpoint | Restore-CrCheckpoint -Count 2 -Reseed -HostName 'copy-{0}' -Suspended -PublishPort 80
        $copies.Machine.HostName | Should -Be copy-1, copy-2
        @($copies.PublishedPorts.HostPort | Sort-Object -Unique).Count | Should -Be 2
        $copies | Remove-CrTask -Force
        { $checkpoint | Restore-CrCheckpoint -Count 3 -HostName a, b } | Should -Throw '*host names*'
        { $checkpoint | Restore-CrCheckpoint -HostName ('x' * 65) -ErrorAction Stop } | Should -Throw '*no host name*'
    }

    It 'publishes the same ports again' {
        $server = Start-CrTask ([IO.Path]::Combine($guests, 'echoserver')) -ArgumentList 7000 -PublishPort 7000
        $host1 = $server.PublishedPorts[0].HostPort
        $saved = $server | Save-CrCheckpoint -Stop
        $again = $saved | Restore-CrCheckpoint -PublishSamePorts
        "$($again.PublishedPorts)" | Should -Be "7000:$host1"
        { $saved | Restore-CrCheckpoint -PublishSamePorts -ErrorAction Stop } | Should -Throw '*cannot be listened on*'
        $again | Remove-CrTask -Force
    }

    It 'reads pages when they are touched, and freezes a machine that touches damaged ones' {
        $touch = [IO.Path]::Combine($guests, 'touch')
        $lazy = Join-Path $TestDrive lazy.cr
        $saved = Start-CrTask $touch -ArgumentList 8
        while (-not ($saved | Receive-CrTask)) { [Threading.Thread]::Sleep(5) }
        $saved | Save-CrCheckpoint $lazy -Stop | Out-Null
        $good, $bad = 1..2 | ForEach-Object { Restore-CrCheckpoint $lazy -FilePath $touch -Eager:($_ -eq 1) }
        (Get-CrMachine $good.MachineId).PendingPages | Should -Be 0
        (Get-CrMachine $bad.MachineId).PendingPages | Should -BeGreaterThan 1900

        $file = [IO.FileStream]::new($lazy, 'Open', 'ReadWrite', 'ReadWrite')
        $file.Position = [long]($file.Length * 0.4)
        $byte = $file.ReadByte()
        $file.Position -= 1
        $file.WriteByte($byte -bxor 1)
        $file.Dispose()

        $good, $bad | Send-CrTask r -NoNewline
        { $bad | Wait-CrTask -Timeout 60 -ErrorAction Stop } | Should -Throw -ExpectedMessage "*'$lazy'*PAGES at offset *checksum*" -ErrorId "MemoryLost,$namespace.WaitCrTaskCommand"
        $bad.State | Should -Be Frozen
        (Get-CrTask -Id $bad.Id).FailureReason | Should -BeLike "*'$lazy'*PAGES at offset *checksum*"
        { $bad | Resume-CrTask -ErrorAction Stop } | Should -Throw -ErrorId "MemoryLost,$namespace.ResumeCrTaskCommand"
        { $bad | Save-CrCheckpoint -ErrorAction Stop } | Should -Throw -ErrorId "MemoryLost,$namespace.SaveCrCheckpointCommand"
        { $bad | Receive-CrTask -Wait -ErrorAction Stop } | Should -Throw -ErrorId "MemoryLost,$namespace.ReceiveCrTaskCommand"
        $good.FailureReason | Should -BeNullOrEmpty
        Get-Line $good 1 | Should -BeLike '2048 pages, *'

        (Test-CrCheckpoint $lazy -FilePath $touch).IsValid | Should -BeFalse
        { Restore-CrCheckpoint $lazy -FilePath $touch -Eager -ErrorAction Stop } | Should -Throw -ErrorId "InvalidImage,$namespace.RestoreCrCheckpointCommand"
        $good, $bad | Remove-CrTask -Force
        Get-CrTask | Where-Object Id -eq $bad.Id | Should -BeNullOrEmpty
    }

    It 'makes copies that share the pages of a file' {
        $copies = Restore-CrCheckpoint $image -FilePath $counter -Count 3 -Suspended
        @($copies.MachineId | Sort-Object -Unique).Count | Should -Be 3
        $copies | Resume-CrTask | Out-Null
        foreach ($copy in $copies) { Get-Line $copy 2 | Should -Be ($last + 1), ($last + 2) }
        $copies | Remove-CrTask -Force
    }

    It 'makes several copies, each in a machine of its own' {
        $copies = $checkpoint | Restore-CrCheckpoint -Count 3 -Suspended
        @($copies.MachineId | Sort-Object -Unique).Count | Should -Be 3
        @(($copies | Get-CrStateHash).Hash | Sort-Object -Unique).Count | Should -Be 1
        $copies | Remove-CrTask -Force
    }

    It 'restores on the processor that -Cpu names' {
        $next = Restore-CrCheckpoint $v5 -FilePath $counter -Cpu pentium4 -Suspended
        (Get-CrMachine $next.MachineId).Cpu | Should -Be pentium4
        $next | Remove-CrTask -Force
        $next = Restore-CrCheckpoint $image -FilePath $counter -Suspended
        (Get-CrMachine $next.MachineId).Cpu | Should -Be max
        $next | Remove-CrTask -Force
        { Restore-CrCheckpoint $v5 -FilePath $counter -Cpu i586 -ErrorAction Stop } | Should -Throw -ExpectedMessage '*FXSAVE*' -ErrorId "RestoreFailed,$namespace.RestoreCrCheckpointCommand"
    }

    It 'restores an image of an i586 on one, and its registers can be seen' {
        $old = Start-CrTask ([IO.Path]::Combine($guests, 'cpu')) -ArgumentList x87 -Cpu i586 -Suspended | Wait-CrTask -Instruction 900
        $file = Join-Path $TestDrive old.cr
        $old | Save-CrCheckpoint $file -Stop -Format V5 | Out-Null
        (Get-CrRegister $file).St -join ' ' | Should -Be '7.2453818682957 1.15383506784999 0 0 0 0 0 0'
        $next = Restore-CrCheckpoint $file -FilePath ([IO.Path]::Combine($guests, 'cpu')) -Suspended
        (Get-CrMachine $next.MachineId).Cpu | Should -Be i586
        ($next | Get-CrRegister).Fcw | Should -Be (Get-CrRegister $file).Fcw
        $old, $next | Remove-CrTask -Force
    }

    It 'binds standard output to a guest file' {
        $root = (New-Item -ItemType Directory (Join-Path $TestDrive bound)).FullName
        Copy-Item $counter $root
        $next = Restore-CrCheckpoint $v5 -Root $root -RootWritable -OutputPath /log -Suspended
        ($next | Get-CrFileDescriptor -Number 1).Path | Should -Be /log
        $next | Resume-CrTask | Out-Null
        foreach ($i in 1..6000) { if ((Get-Item (Join-Path $root log)).Length -gt 4) { break }; [Threading.Thread]::Sleep(10) }
        $next | Stop-CrTask
        Get-Content (Join-Path $root log) -TotalCount 1 | Should -Be ($last + 1)
        $next | Remove-CrTask
    }

    It 'goes on with the processor that its programs know' {
        { Restore-CrCheckpoint $image -FilePath $counter -Cpu pentium4 -ErrorAction Stop } | Should -Throw -ExpectedMessage '*processor*' -ErrorId "RestoreFailed,$namespace.RestoreCrCheckpointCommand"
    }

    It 'refuses a file that has changed, by name, unless that is allowed' {
        $root = (New-Item -ItemType Directory (Join-Path $TestDrive changed)).FullName
        $file = [IO.Path]::Combine($root, 'counter')
        Copy-Item $counter $root
        $next = Restore-CrCheckpoint $image -Root $root -Suspended
        $next.State | Should -Be Frozen
        $next | Remove-CrTask -Force
        [IO.File]::SetLastWriteTimeUtc($file, [datetime]::UtcNow.AddDays(-1))
        $before = @(Get-CrMachine).Count
        { Restore-CrCheckpoint $image -Root $root -ErrorAction Stop } | Should -Throw -ExpectedMessage '*changed*/counter*ESTALE*' -ErrorId "RestoreFailed,$namespace.RestoreCrCheckpointCommand"
        @(Get-CrMachine).Count | Should -Be $before
        $next = Restore-CrCheckpoint $image -Root $root -AllowChangedFiles -Suspended
        $next.State | Should -Be Frozen
        $next | Remove-CrTask -Force
    }

    It 'gives copies other random bytes with -Reseed' {
        $copies = $checkpoint | Restore-CrCheckpoint -Count 2 -Reseed -Suspended
        @(($copies | Get-CrStateHash).Hash | Sort-Object -Unique).Count | Should -Be 1
        @($copies.ForEach({ ($_ | Save-CrCheckpoint | Get-CrObject -Kind machine).Random0 }) | Sort-Object -Unique).Count | Should -Be 2
        $copies | Remove-CrTask -Force
    }

    It 'sets what -Set says before anything runs' {
        $stepper = [IO.Path]::Combine($guests, 'stepper')
        $stopped = Join-Path $TestDrive stepper.cr
        $one = Start-CrTask $stepper -Suspended -Environment @{ HOME = '/home/somebody' } | Step-CrTask -Until main+0xd -PassThru
        $one | Save-CrCheckpoint $stopped -Stop | Out-Null
        $set = Restore-CrCheckpoint $stopped -FilePath $stepper -Suspended -Set @{ eax = 42; EBX = '0x10'; xmm0 = (1.0, 2.0); comm = 'other'; 'env:HOME' = '/root'; '0xbfff0000' = [uint32]7; 0xbfff0004 = 'abc' }
        $set.Name | Should -Be other
        $registers = $set | Get-CrRegister
        $registers.Eax, $registers.Ebx | Should -Be 42, 16
        ($set | Get-CrMemory -Address 0xbfff0000 -Length 7).Hex | Should -Be '07 00 00 00  61 62 63'
        $set | Resume-CrTask
        $set | Receive-CrTask -Wait | Should -Be '042 hello'
        (Restore-CrCheckpoint $stopped -FilePath $stepper | Receive-CrTask -Wait) | Should -Be '120 hello'
    }

    It 'restores nothing when <key> cannot be set' -ForEach @(
        @{ key = 'eflags'; value = 0x3000; id = 'InvalidRegisterValue' }
        @{ key = '0x1000'; value = 'x'; id = 'AddressNotWritable' }
        @{ key = 'fd77'; value = '/x'; id = 'DescriptorNotFound' }
        @{ key = 'env:NONE'; value = 'x'; id = 'ChangeRefused' }
        @{ key = 'comm'; value = 'a name of more than fifteen bytes'; id = 'InvalidTaskName' }
        @{ key = 'eax'; value = 'many'; id = 'InvalidChange' }
        @{ key = 'rax'; value = 1; id = 'InvalidChange' }
        @{ key = 'fdx'; value = '/x'; id = 'InvalidChange' }
    ) {
        $before = @(Get-CrTask).Count
        { Restore-CrCheckpoint $image -FilePath $counter -Set @{ $key = $value } -ErrorAction Stop } | Should -Throw -ErrorId "$id,$namespace.RestoreCrCheckpointCommand"
        @(Get-CrTask).Count | Should -Be $before
    }

    It 'restores nothing with -WhatIf' {
        $before = @(Get-CrTask).Count
        $checkpoint | Restore-CrCheckpoint -WhatIf | Should -BeNullOrEmpty
        @(Get-CrTask).Count | Should -Be $before
    }

    It 'lists the files that an image needs when no root is given' {
        { Get-CrCheckpoint $image | Restore-CrCheckpoint -ErrorAction Stop } | Should -Throw -ExpectedMessage '*/counter*' -ErrorId "RestoreNeedsRoot,$namespace.RestoreCrCheckpointCommand"
    }

    It 'names a file that the root does not have' {
        $empty = (New-Item -ItemType Directory (Join-Path $TestDrive empty)).FullName
        { Restore-CrCheckpoint $image -Root $empty -ErrorAction Stop } | Should -Throw -ExpectedMessage '*/counter*ENOENT*' -ErrorId "RestoreFailed,$namespace.RestoreCrCheckpointCommand"
    }

    It 'refuses -Root together with -FilePath' {
        { Restore-CrCheckpoint $image -Root $guests -FilePath $counter } | Should -Throw -ErrorId "ParameterConflict,$namespace.RestoreCrCheckpointCommand"
    }

    It 'names an image that is not there' {
        { Restore-CrCheckpoint (Join-Path $TestDrive none.cr) -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$namespace.RestoreCrCheckpointCommand"
    }
}
