# Save-CrCheckpoint: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll {
    Get-CrTask | Remove-CrTask -Force
    if ($shared) { [IO.Directory]::Delete($shared, $true) }
}

Describe 'Save-CrCheckpoint' {
    BeforeEach {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $path = Join-Path $TestDrive "$([guid]::NewGuid()).cr"
    }
    AfterEach { $task | Remove-CrTask -Force }

    It 'writes an image and gives the checkpoint' {
        $checkpoint = $task | Save-CrCheckpoint $path
        $checkpoint | Should -BeOfType 'CheckpointRestart.PS.Objects.CrCheckpoint'
        $checkpoint.Path | Should -Be $path
        $checkpoint.Size | Should -Be ([IO.FileInfo]::new($path)).Length
        $checkpoint.Name | Should -Be counter
        $checkpoint.ProcessId | Should -Be 2
        $checkpoint.TaskId | Should -Be $task.Id
        $checkpoint.Format | Should -Be Extended
        $checkpoint.Tasks.ProcessId | Should -Be 2
        $checkpoint.PagesStored | Should -BeGreaterThan 0
        $checkpoint.Pause | Should -BeGreaterThan ([timespan]::Zero)
        $checkpoint.Throughput | Should -BeGreaterThan 0
        ($task | Save-CrCheckpoint $path -Force -Format V5).Format | Should -Be V5
    }

    It 'names a full disk and one that is read-only, and leaves the old image' {
        $disk = Join-Path $TestDrive 'disk'
        $null = [IO.Directory]::CreateDirectory($disk)
        # Without the right to mount, the core's tests with failing streams stand for a disk.
        if (-not [IO.File]::Exists('/usr/bin/mount')) { return }
        $null = & mount -t tmpfs -o size=1m none $disk 2>&1
        if ($LASTEXITCODE -ne 0) { return }
        $target = Join-Path $disk 'x.cr'
        try {
            $null = $task | Save-CrCheckpoint $target
            $old = (Get-FileHash $target).Hash
            [IO.File]::WriteAllBytes((Join-Path $disk 'much'), [byte[]]::new(1MB - [IO.FileInfo]::new($target).Length - 8192))
            { $task | Save-CrCheckpoint $target -Force -ErrorAction Stop } | Should -Throw -ErrorId "DiskFull,$namespace.SaveCrCheckpointCommand"
            (Get-FileHash $target).Hash | Should -Be $old
            [IO.Directory]::GetFileSystemEntries($disk).Count | Should -Be 2
            & mount -o remount,ro $disk
            { $task | Save-CrCheckpoint $target -Force -ErrorAction Stop } | Should -Throw -ErrorId "ReadOnlyFileSystem,$namespace.SaveCrCheckpointCommand"
            (Get-FileHash $target).Hash | Should -Be $old
        }
        finally { & umount $disk }
    }

    It 'keeps the checkpoint in memory without a path' {
        (Save-CrCheckpoint -Id $task.Id).Path | Should -BeNullOrEmpty
        ([pscustomobject]@{ CrTaskId = $task.Id } | Save-CrCheckpoint).TaskId | Should -Be $task.Id
    }

    It 'works as typed: <line>' -ForEach @(
        @{ line = 'Get-CrTask -Id 1 | Save-CrCheckpoint ./x.cr | Get-CrVma | Where-Object Writable | Measure-Object Size -Sum' }
        @{ line = 'Save-CrCheckpoint -Id 1 | Get-CrVma' }
        @{ line = 'Save-CrCheckpoint -Id 1 | Restore-CrCheckpoint' }
    ) {
        Push-Location $TestDrive
        try {
            Remove-Item ./x.cr -ErrorAction SilentlyContinue
            & ([scriptblock]::Create($line.Replace('-Id 1', "-Id $($task.Id)"))) | Should -Not -BeNullOrEmpty
        }
        finally { Pop-Location }
    }

    It 'gives the same bytes for the same state' {
        $task | Save-CrCheckpoint $path -Format V5 | Out-Null
        $first = [IO.File]::ReadAllBytes($path)
        $task | Save-CrCheckpoint $path -Force -Format V5 | Out-Null
        # All but HEAD.time, which is the clock's.
        $second = [IO.File]::ReadAllBytes($path)
        [Convert]::ToHexString($second, 64, $second.Length - 64) | Should -Be ([Convert]::ToHexString($first, 64, $first.Length - 64))
    }

    It 'resolves the path by the session, not by the process' {
        Push-Location $TestDrive
        try { ($task | Save-CrCheckpoint ./here.cr).Path | Should -Be ([IO.Path]::Combine($TestDrive, 'here.cr')) }
        finally { Pop-Location }
    }

    It 'ends the task with -Stop' {
        $task | Save-CrCheckpoint $path -Stop | Out-Null
        $task.State | Should -Be Exited
        $task.Machine.Instructions | Should -Be 300000
    }

    It 'saves a task that runs, and lets it run' {
        $running = Start-CrTask $counter
        $running | Save-CrCheckpoint | Out-Null
        $running.State | Should -Not -Be Frozen
        $running | Remove-CrTask -Force
    }

    It 'writes nothing with -WhatIf' {
        $task | Save-CrCheckpoint $path -Stop -WhatIf | Should -BeNullOrEmpty
        Test-Path $path | Should -BeFalse
        $task.HasExited | Should -BeFalse
    }

    It 'does not replace a file without -Force' {
        [IO.File]::WriteAllText($path, 'mine')
        { $task | Save-CrCheckpoint $path -ErrorAction Stop } | Should -Throw -ErrorId "FileExists,$namespace.SaveCrCheckpointCommand"
        [IO.File]::ReadAllText($path) | Should -Be mine
        $task | Save-CrCheckpoint $path -Force | Out-Null
        (Get-CrCheckpoint $path).Name | Should -Be counter
    }

    It 'does not save several tasks to one path' {
        $other = Start-CrTask $counter -Suspended
        { $task, $other | Save-CrCheckpoint $path -Force -ErrorAction Stop } | Should -Throw -ErrorId "SeveralTasksOnePath,$namespace.SaveCrCheckpointCommand"
        $other | Remove-CrTask -Force
    }

    It 'refuses a directory, another provider, and a directory that is not there' {
        { $task | Save-CrCheckpoint $TestDrive -ErrorAction Stop } | Should -Throw -ErrorId "PathIsDirectory,$namespace.SaveCrCheckpointCommand"
        { $task | Save-CrCheckpoint Env:x -ErrorAction Stop } | Should -Throw -ErrorId "NotAFileSystemPath,$namespace.SaveCrCheckpointCommand"
        { $task | Save-CrCheckpoint (Join-Path $TestDrive no/where.cr) -ErrorAction Stop } | Should -Throw -ErrorId "DirectoryNotFound,$namespace.SaveCrCheckpointCommand"
    }
}

Describe 'A whole machine' {
    BeforeAll {
        # A process with a child, and another one beside them in the same machine.
        $parent = Start-CrTask /childholder -Root $guests
        foreach ($i in 1..6000) { if ($parent | Receive-CrTask | Where-Object { $_ -like '*ready*' }) { break }; [Threading.Thread]::Sleep(10) }
        $pipes = Start-CrTask ([IO.Path]::Combine($guests, 'pipeholder'))
        foreach ($i in 1..6000) { if ($pipes | Receive-CrTask | Where-Object { $_ -like '*ready*' }) { break }; [Threading.Thread]::Sleep(10) }
    }
    AfterAll { $parent, $pipes | Remove-CrTask -Force }

    It 'is saved with every process, and with what v5 refuses' {
        $image = Join-Path $TestDrive family.cr
        ($parent | Save-CrCheckpoint $image).Tasks.Count | Should -Be 2
        $again = @(Restore-CrCheckpoint $image -Root $guests -Suspended)
        $again.Count | Should -Be 2
        $again[0].ProcessId | Should -Be $parent.ProcessId
        $again[1].ParentProcessId | Should -Be $parent.ProcessId
        $again[0] | Remove-CrTask -Force
        ($pipes | Save-CrCheckpoint | Get-CrFileDescriptor).Kind | Should -Contain Pipe
    }

    It 'is saved as the task with its descendants alone with -Subtree' {
        $child = (Get-CrMachine $parent.MachineId | Get-CrTask)[1]
        ($child | Save-CrCheckpoint).Tasks.Count | Should -Be 2
        $alone = $child | Save-CrCheckpoint -Subtree
        $alone.Tasks.ProcessId | Should -Be $child.ProcessId
        $again = @($alone | Restore-CrCheckpoint -Suspended)
        $again.ProcessId | Should -Be $child.ProcessId
        $again | Remove-CrTask -Force
        ($parent | Save-CrCheckpoint -Subtree).Tasks.Count | Should -Be 2
    }

    It 'names what a subtree shares, and leaves it open with -AllowExternal' {
        $script:shared = New-GuestRoot none
        $first = Start-CrTask /guests/subtree pipe -Root $shared
        while (@(Get-CrTask | Where-Object MachineId -EQ $first.MachineId).Count -lt 2 -or -not ($first | Receive-CrTask)) { [Threading.Thread]::Sleep(5) }
        $child = @(Get-CrTask | Where-Object MachineId -EQ $first.MachineId)[1]
        { $child | Save-CrCheckpoint -Subtree -ErrorAction Stop } | Should -Throw '*pipe:*is the same object as descriptor*AllowExternal*'
        { $child | Save-CrCheckpoint -AllowExternal } | Should -Throw -ErrorId "ParameterConflict,$namespace.SaveCrCheckpointCommand"
        $open = $child | Save-CrCheckpoint -Subtree -AllowExternal
        $open.External | Should -BeLike 'pipe:*'
        $stream = [IO.MemoryStream]::new([Text.Encoding]::ASCII.GetBytes('from outside'))
        $again = $open | Restore-CrCheckpoint -Bind @{ $open.External[0] = $stream } | Wait-CrTask -Timeout 60
        @($again | Receive-CrTask) -join ',' | Should -Be 'got from outside,the end'
        $again | Remove-CrTask
        $typed = $open | Restore-CrCheckpoint -Bind @{ $open.External[0] = 'stdin' } -InputText 'typed'
        $typed | Send-CrTask -EndOfInput
        $typed | Wait-CrTask -Timeout 60 | Out-Null
        @($typed | Receive-CrTask) -join ',' | Should -Be 'got typed,the end'
        $typed | Remove-CrTask
        { $open | Restore-CrCheckpoint -ErrorAction Stop } | Should -Throw '*led out of it*'
        { $open | Restore-CrCheckpoint -Bind @{ $open.External[0] = 5 } } | Should -Throw '*cannot be bound*'
        { $open | Restore-CrCheckpoint -Bind @{ $open.External[0] = $stream } -Count 2 } | Should -Throw '*one stream*'
        ($open | Test-CrCheckpoint).Restores | Should -BeTrue
        $first | Remove-CrTask -Force
    }

    It 'has no hash and no subtree in v5' {
        { $pipes | Save-CrCheckpoint -Format V5 -Subtree } | Should -Throw -ErrorId "ParameterConflict,$namespace.SaveCrCheckpointCommand"
    }

    It 'ends with -Stop' {
        $family = Start-CrTask ([IO.Path]::Combine($guests, 'childholder'))
        foreach ($i in 1..6000) { if ($family | Receive-CrTask | Where-Object { $_ -like '*ready*' }) { break }; [Threading.Thread]::Sleep(10) }
        ($family | Save-CrCheckpoint -Stop).Tasks.Count | Should -Be 2
        @(Get-CrMachine $family.MachineId | Get-CrTask | Where-Object HasExited -eq $false).Count | Should -Be 0
        $family | Remove-CrTask
    }
}

Describe 'What v5 cannot carry' {
    It 'is refused with a sentence that names it: <guest>' -ForEach @(
        @{ guest = 'pipeholder'; message = 'descriptor 3 of task 2 (pipeholder) is a pipe: v5 carries regular files, directories and symlinks*' }
        @{ guest = 'sharedmap'; message = '*shared*' }
        @{ guest = 'twothreads'; message = '*thread*' }
        @{ guest = 'childholder'; message = '*child*' }
    ) {
        $task = Start-CrTask ([IO.Path]::Combine($guests, $guest))
        foreach ($i in 1..6000) { if ($task | Receive-CrTask | Where-Object { $_ -like '*ready*' }) { break }; [Threading.Thread]::Sleep(10) }
        { $task | Save-CrCheckpoint -Format V5 -ErrorAction Stop } | Should -Throw -ExpectedMessage $message -ErrorId "CheckpointRefused,$namespace.SaveCrCheckpointCommand"
        $task.HasExited | Should -BeFalse
        $task | Remove-CrTask -Force
    }

    It 'lets the task go on when -Stop could not save it' {
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'pipeholder'))
        foreach ($i in 1..6000) { if ($task | Receive-CrTask | Where-Object { $_ -like '*ready*' }) { break }; [Threading.Thread]::Sleep(10) }
        $task | Save-CrCheckpoint -Stop -Format V5 -ErrorAction SilentlyContinue
        $task.State | Should -Not -Be Frozen
        $task.HasExited | Should -BeFalse
        $task | Remove-CrTask -Force
    }

    It 'is a task that has ended' {
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'hello')) | Wait-CrTask -Timeout 30
        { $task | Save-CrCheckpoint -ErrorAction Stop } | Should -Throw -ExpectedMessage '*EAGAIN*' -ErrorId "CheckpointRefused,$namespace.SaveCrCheckpointCommand"
        $task | Remove-CrTask
    }
}

Describe 'What v5 leaves out' {
    It 'is one warning and a list, or with -Strict an error' {
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'sleeper'))
        foreach ($i in 1..6000) { if ($task.State -eq 'Waiting') { break }; [Threading.Thread]::Sleep(10) }
        $checkpoint = $task | Save-CrCheckpoint -Format V5 -WarningVariable warned -WarningAction SilentlyContinue
        $warned.Count | Should -Be 1
        $checkpoint.NotCarried.Count | Should -BeGreaterThan 0
        { $task | Save-CrCheckpoint -Format V5 -Strict -ErrorAction Stop } | Should -Throw -ErrorId "CheckpointRefused,$namespace.SaveCrCheckpointCommand"
        $task | Remove-CrTask -Force
    }
}
