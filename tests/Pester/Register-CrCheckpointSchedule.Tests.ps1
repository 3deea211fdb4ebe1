# Register-CrCheckpointSchedule: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $repository = Get-RepositoryRoot
    $guests = [IO.Path]::Combine($repository, 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $busybox = [IO.Path]::Combine($repository, 'artifacts', 'guests', 'busybox')
    $namespace = 'CheckpointRestart.PS.Commands'

    # Waits for what comes sooner or later: what never comes fails.
    function Wait-Until([scriptblock] $Condition, [string] $What = "$Condition") {
        $watch = [Diagnostics.Stopwatch]::StartNew()
        while (-not (& $Condition)) {
            if ($watch.Elapsed.TotalSeconds -gt 90) { throw "It did not come to this: $What. $(Get-CrCheckpointSchedule | Format-List | Out-String)" }
            [Threading.Thread]::Sleep(20)
        }
    }
}

Describe 'Register-CrCheckpointSchedule' {
    BeforeEach { $directory = Join-Path $TestDrive "$([guid]::NewGuid())" }
    AfterEach {
        Get-CrCheckpointSchedule | Unregister-CrCheckpointSchedule
        Get-CrTask | Remove-CrTask -Force
    }

    It 'takes images at exact instruction counts, and keeps the newest' {
        $task = Start-CrTask $counter -ArgumentList 10, 20000 -Suspended -Clock Virtual | Wait-CrTask -Instruction 777
        $schedule = $task | Register-CrCheckpointSchedule $directory -EveryInstructions 100000 -Keep 3
        $schedule | Should -BeOfType 'CheckpointRestart.PS.Objects.CrCheckpointSchedule'
        $schedule.Saved | Should -Be 1
        $task | Resume-CrTask | Wait-CrTask | Out-Null
        Wait-Until { $schedule.State -eq 'Ended' }
        $schedule.ExitCode | Should -Be 0
        $schedule.Saved | Should -Be 7
        $counts = foreach ($image in $schedule.Images) { (Restore-CrCheckpoint $image -FilePath $counter -Suspended).Machine.Instructions }
        $counts | Should -Be 400777, 500777, 600777
        $schedule.LastImage | Should -Be $schedule.Images[-1]
        $schedule.LastError | Should -BeNullOrEmpty
    }

    It 'takes images by time, and of machines' {
        $task = Start-CrTask $counter
        $schedule = $task.Machine | Register-CrCheckpointSchedule $directory -EverySeconds 0.05 -Keep 2 -Name by-time
        Wait-Until { $schedule.Saved -ge 4 }
        $schedule.Images.Count | Should -BeIn 2, 3
        $schedule.Images[0] | Should -Match 'by-time-\d{6}\.cr$'
        $task.State | Should -Be Running
        # The newest, which is not taken away meanwhile.
        $schedule | Unregister-CrCheckpointSchedule
        $test = Test-CrCheckpoint $schedule.LastImage -FilePath $counter
        $test.IsValid | Should -BeTrue -Because "$test"
    }

    It 'notes a save that failed, and goes on' {
        $schedule = Start-CrTask $counter | Register-CrCheckpointSchedule $directory -EverySeconds 0.05
        [IO.Directory]::Move($directory, "$directory.away")
        Wait-Until { $schedule.FailedSaves -ge 2 }
        $schedule.LastError | Should -Match ([regex]::Escape($directory))
        $schedule.State | Should -Be Running
        $schedule.Task.State | Should -Be Running
        @([IO.Directory]::GetFiles("$directory.away", '*.cr')).Count | Should -BeGreaterOrEqual 1
        [IO.Directory]::Move("$directory.away", $directory)
        $saved = $schedule.Saved
        Wait-Until { $schedule.Saved -gt $saved }
    }

    It 'tells a full disk and a read-only one, keeps the older images, and goes on' {
        $mounts = if ($IsLinux) { & unshare -rm mount -t tmpfs none /mnt 2>&1; $LASTEXITCODE -eq 0 }
        # Without the right to mount, the read-only and missing directories of the other tests stand for a disk.
        if (-not ($mounts | Select-Object -Last 1)) { return }
        $null = [IO.Directory]::CreateDirectory($directory)
        $script = Join-Path $TestDrive 'full.ps1'
        [IO.File]::WriteAllText($script, @"
`$ErrorActionPreference = 'Stop'
Import-Module '$(Get-ModuleManifest)'
function Wait-Until([scriptblock] `$Condition) { `$n = 0; while (-not (& `$Condition)) { if (`$n++ -gt 4000) { throw "not `$Condition" }; [Threading.Thread]::Sleep(20) } }
# It hardly writes: what nobody reads is in its images, which would fill the disk by themselves.
`$schedule = Start-CrTask '$counter' -ArgumentList 0, 1000000000 | Register-CrCheckpointSchedule '$directory' -EverySeconds 0.05
Wait-Until { `$schedule.Saved -ge 2 }
try { [IO.File]::WriteAllBytes('$directory/much', [byte[]]::new(2MB)) } catch [IO.IOException] { }
Wait-Until { `$schedule.FailedSaves -ge 2 }
`$schedule.LastError
`$kept = `$schedule.Images.Count
[IO.File]::Delete('$directory/much')
`$saved = `$schedule.Saved
Wait-Until { `$schedule.Saved -gt `$saved }
# Not while a file is open for writing.
Wait-Until { mount -o remount,ro '$directory' 2>`$null; `$LASTEXITCODE -eq 0 }
`$failed = `$schedule.FailedSaves
Wait-Until { `$schedule.FailedSaves -gt `$failed + 1 }
`$schedule.LastError
mount -o remount,rw '$directory'
`$saved = `$schedule.Saved
Wait-Until { `$schedule.Saved -gt `$saved }
"`$(`$kept -ge 1) `$(`$schedule.State) `$(`$schedule.Task.State)"
`$schedule | Unregister-CrCheckpointSchedule
(Test-CrCheckpoint `$schedule.Images[0] -FilePath '$counter').IsValid
"@)
        $output = @(& unshare -rm sh -c "mount -t tmpfs -o size=1m none '$directory' && exec '$(@(Get-HostCommand) -join "' '")' -NoProfile -NonInteractive -File '$script'" 2>&1)
        $output[0] | Should -Match 'No space left on device'
        $output[1] | Should -Match 'Read-only file system'
        $output[2..3] | Should -Be 'True Running Running', 'True'
    }

    It 'gives a machine up that crashes again and again' {
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'fault')) -Suspended
        $schedule = $task | Register-CrCheckpointSchedule $directory -EverySeconds 60 -AutoRestart -RestartLimit 2 -RestartDelay 0.05
        $task | Resume-CrTask
        Wait-Until { $schedule.State -eq 'Failed' }
        $schedule.Restarts | Should -Be 2
        $schedule.ExitCode | Should -Be 139
        $schedule.LastError | Should -Match 'ended by SIGSEGV, at instruction \d+: it has come back 2 times and is given up'
        $schedule.Task.Id | Should -Not -Be $task.Id
    }

    It 'brings a machine back that crashed, and passes a damaged image over' {
        if (-not [IO.File]::Exists($busybox)) { Set-ItResult -Skipped -Because 'busybox has not been fetched'; return }
        $task = Start-CrTask $busybox -ArgumentList sh, -c, 'while read w; do [ $w = bad ] && kill -SEGV $$; [ $w = one ] && for i in $(seq 2500); do :; done; echo got $w; done' | Wait-CrTask -ForInput
        $schedule = $task | Register-CrCheckpointSchedule $directory -EveryInstructions 10000000 -AutoRestart -RestartDelay 0.05
        # It takes half as much again as there is between two images: the one that is damaged is the newest and stays so.
        Send-CrTask $task -InputText one
        $task | Wait-CrTask -ForInput
        Wait-Until { $schedule.Saved -eq 2 }
        $newest = $schedule.LastImage
        $bytes = [IO.File]::ReadAllBytes($newest)
        [IO.File]::WriteAllBytes($newest, $bytes[0..($bytes.Length / 2)])
        Send-CrTask $task -InputText bad
        Wait-Until { $schedule.Restarts -eq 1 -and $schedule.State -eq 'Running' }
        $task.State | Should -Be Exited
        $task.ExitSignal | Should -Be SIGSEGV
        $schedule.Warnings[0] | Should -Match 'ended by SIGSEGV'
        $schedule.Warnings[1] | Should -Match "$([regex]::Escape($newest)).*passed over"
        Send-CrTask $schedule.Task -InputText two -EndOfInput
        @($schedule.Task | Receive-CrTask -Wait)[-1] | Should -Be 'got two'
        Wait-Until { $schedule.State -eq 'Ended' }
    }

    It 'leaves a machine ended that somebody ended' {
        $task = Start-CrTask $counter
        $schedule = $task | Register-CrCheckpointSchedule $directory -EverySeconds 60 -AutoRestart
        $task | Stop-CrTask
        Wait-Until { $schedule.State -eq 'Ended' }
        $schedule.Restarts | Should -Be 0
    }

    It 'says what is wrong: <what>' -ForEach @(
        @{ what = 'nothing says how often'; parameters = @{}; id = 'ParameterConflict' }
        @{ what = 'two things say how often'; parameters = @{ EverySeconds = 1; EveryInstructions = 1000 }; id = 'ParameterConflict' }
        @{ what = 'a host without supervision'; parameters = @{ EverySeconds = 1; HostPath = 'pwsh' }; id = 'ParameterConflict' }
        @{ what = 'a bad name'; parameters = @{ EverySeconds = 1; Name = '../x' }; id = 'InvalidName' }
        @{ what = 'a host that is not there'; parameters = @{ EverySeconds = 1; Supervised = $true; HostPath = './nobody' }; id = 'PathNotFound' }
    ) {
        $task = Start-CrTask $counter -Suspended
        { $task | Register-CrCheckpointSchedule $directory @parameters -ErrorAction Stop } | Should -Throw -ErrorId "$id,$namespace.RegisterCrCheckpointScheduleCommand"
        @(Get-CrCheckpointSchedule).Count | Should -Be 0
    }

    It 'does not take the place of another, unless it is told to' {
        $first = Start-CrTask $counter -Suspended
        $first | Register-CrCheckpointSchedule $directory -EverySeconds 60 | Out-Null
        { Start-CrTask $counter -Suspended | Register-CrCheckpointSchedule $directory -EverySeconds 60 -Force -ErrorAction Stop } | Should -Throw -ErrorId "ScheduleInUse,$namespace.RegisterCrCheckpointScheduleCommand"
        Unregister-CrCheckpointSchedule -Name counter
        { $first | Register-CrCheckpointSchedule $directory -EverySeconds 60 -ErrorAction Stop } | Should -Throw -ErrorId "ScheduleExists,$namespace.RegisterCrCheckpointScheduleCommand"
        ($first | Register-CrCheckpointSchedule $directory -EverySeconds 60 -Force).Images | Should -Be (Join-Path $directory counter-000002.cr)
    }

    It 'leaves nothing behind when the machine cannot be saved or has ended, and nothing with -WhatIf' {
        $task = Start-CrTask $counter -Suspended
        $task | Register-CrCheckpointSchedule $directory -EverySeconds 60 -WhatIf
        [IO.Directory]::Exists($directory) | Should -BeFalse
        $task | Stop-CrTask
        { $task | Register-CrCheckpointSchedule $directory -EverySeconds 60 -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$namespace.RegisterCrCheckpointScheduleCommand"
        [IO.Directory]::Exists($directory) | Should -BeFalse
    }
}

Describe 'A supervised machine' {
    BeforeEach { $directory = Join-Path $TestDrive "$([guid]::NewGuid())" }
    AfterEach {
        Get-CrCheckpointSchedule | Unregister-CrCheckpointSchedule
        Get-CrTask | Remove-CrTask -Force
    }

    It 'survives the death of its process, and its output has every line once' {
        # Much to do, so that it has not ended before it dies a second time.
        $task = Start-CrTask $counter -ArgumentList 2000, 3000000 -Suspended
        $schedule = $task | Register-CrCheckpointSchedule $directory -EveryInstructions 500000000 -Supervised -RestartDelay 0.05
        @(Get-CrTask).Count | Should -Be 0
        $schedule.ProcessId | Should -Not -Be $PID
        foreach ($death in 1, 2) {
            $saved = $schedule.Saved
            Wait-Until { $schedule.Saved -ge $saved + 2 }
            $victim = $schedule.ProcessId
            [Diagnostics.Process]::GetProcessById($victim).Kill()
            Wait-Until { $schedule.HostRestarts -eq $death -and $schedule.State -ne 'Waiting' -and $schedule.ProcessId -ne $victim }
        }
        Wait-Until { $schedule.State -eq 'Ended' }
        $schedule.ExitCode | Should -Be 0
        Wait-Until { -not $schedule.ProcessId }
        $lines = [IO.File]::ReadAllLines($schedule.OutputPath)
        $lines.Count | Should -Be 2000
        $wrong = for ($i = 0; $i -lt 2000; $i++) { if ($lines[$i] -ne "$($i + 1)") { $i } }
        $wrong | Should -BeNullOrEmpty
        @($schedule.Warnings -like 'the host process * has died*').Count | Should -Be 2
    }

    It 'is given up when its process dies too often' {
        $schedule = Start-CrTask $counter | Register-CrCheckpointSchedule $directory -EverySeconds 60 -Supervised -RestartLimit 0
        [Diagnostics.Process]::GetProcessById($schedule.ProcessId).Kill()
        Wait-Until { $schedule.State -eq 'Failed' }
        $schedule.LastError | Should -Be 'the host has been started again 0 times and is given up'
        $schedule.Images.Count | Should -Be 1
    }

    It 'is saved and ended by Unregister-CrCheckpointSchedule, and goes on with Resume-CrCheckpointSchedule' {
        $schedule = Start-CrTask $counter -ArgumentList 0, 1000 | Register-CrCheckpointSchedule $directory -EverySeconds 60 -Supervised
        $process = [Diagnostics.Process]::GetProcessById($schedule.ProcessId)
        ($schedule | Unregister-CrCheckpointSchedule -PassThru).State | Should -Be Parked
        $process.WaitForExit(60000) | Should -BeTrue
        $before = @([IO.File]::ReadAllLines($schedule.OutputPath)).Count
        $again = Resume-CrCheckpointSchedule $directory
        $again.ProcessId | Should -Not -Be $process.Id
        Wait-Until { @([IO.File]::ReadAllLines($schedule.OutputPath)).Count -gt $before }
        $again | Unregister-CrCheckpointSchedule
        $lines = [IO.File]::ReadAllLines($schedule.OutputPath)
        for ($i = 1; $i -lt $lines.Count; $i++) { if ([long]$lines[$i] -ne [long]$lines[$i - 1] + 1) { throw "After $($lines[$i - 1]) comes $($lines[$i])." } }
    }

    It 'goes on in this session when its process does not come up: <what>' -ForEach @(
        @{ what = 'no program'; mode = 'UserRead'; id = 'HostNotStarted'; message = 'cannot be started' }
        @{ what = 'another program'; mode = 'UserRead, UserExecute'; id = 'HostFailed'; message = 'does not run its machine: it is broken' }
    ) {
        if ($IsWindows) { Set-ItResult -Skipped -Because 'it is a script of the shell'; return }
        $hostPath = Join-Path $TestDrive "$([guid]::NewGuid())"
        [IO.File]::WriteAllText($hostPath, "#!/bin/sh`necho it is broken >&2`nexit 3`n")
        [IO.File]::SetUnixFileMode($hostPath, $mode)
        $task = Start-CrTask $counter
        { $task | Register-CrCheckpointSchedule $directory -EverySeconds 60 -Supervised -HostPath $hostPath -ErrorAction Stop } | Should -Throw "*$message*" -ErrorId "$id,$namespace.RegisterCrCheckpointScheduleCommand"
        $task.State | Should -Be Running
        $before = $task.Instructions
        Wait-Until { $task.Instructions -gt $before }
        ($task | Register-CrCheckpointSchedule $directory -EverySeconds 60 -Force).State | Should -Be Running
    }

    It 'leaves no process behind when the session <how>, and goes on from there' -ForEach @(
        @{ how = 'ends'; killed = $false }
        @{ how = 'is killed'; killed = $true }
    ) {
        $output = try {
            Invoke-FreshHost -ArgumentList $counter, $directory, $killed {
                param($counter, $directory, $killed)
                $schedule = Start-CrTask $counter -ArgumentList 0, 1000 | Register-CrCheckpointSchedule $directory -EverySeconds 60 -Supervised
                [Console]::Out.WriteLine("process $($schedule.ProcessId)")
                [IO.File]::WriteAllText("$directory/pid", $schedule.ProcessId)
                for ($i = 0; $i -lt 6000 -and [IO.FileInfo]::new("$directory/counter.out").Length -eq 0; $i++) { [Threading.Thread]::Sleep(10) }
                if ($killed) { [Diagnostics.Process]::GetCurrentProcess().Kill() }
            }
        }
        catch { if (-not $killed) { throw } }
        $process = [int][IO.File]::ReadAllText((Join-Path $directory pid))
        Wait-Until { @([Diagnostics.Process]::GetProcesses().Where({ $_.Id -eq $process -and -not $_.HasExited })).Count -eq 0 }
        [IO.File]::ReadAllText((Join-Path $directory counter.schedule.json)) | Should -Match '"state": "Parked"'
        $out = Join-Path $directory counter.out
        $before = @([IO.File]::ReadAllLines($out)).Count
        $before | Should -BeGreaterThan 0
        $again = Resume-CrCheckpointSchedule $directory
        Wait-Until { @([IO.File]::ReadAllLines($out)).Count -gt $before + 10 }
        $again | Unregister-CrCheckpointSchedule
        $lines = [IO.File]::ReadAllLines($out)
        for ($i = 1; $i -lt $lines.Count; $i++) { if ([long]$lines[$i] -ne [long]$lines[$i - 1] + 1) { throw "After $($lines[$i - 1]) comes $($lines[$i])." } }
    }
}

Describe 'A schedule whose images are protected' {
    BeforeAll {
        $owner = New-Certificate owner
        $signer = New-Certificate signer
    }

    BeforeEach { $directory = Join-Path $TestDrive "$([guid]::NewGuid())" }
    AfterEach {
        Get-CrCheckpointSchedule | Unregister-CrCheckpointSchedule
        Get-CrTask | Remove-CrTask -Force
    }

    It 'has images, increments too, that only their keys open, and comes back from them' {
        $task = Start-CrTask $counter -ArgumentList 10, 20000 -Suspended -Clock Virtual
        $schedule = $task | Register-CrCheckpointSchedule $directory -EveryInstructions 100000 -FullEvery 3 -Keep 3 -AutoRestart -Protection $owner -SigningCertificate $signer
        $schedule.Protection | Should -Be 'Encrypted, Signed'
        $task | Wait-CrTask -Instruction 550000 | Out-Null
        Wait-Until { $schedule.Saved -ge 6 }
        $schedule.FailedSaves | Should -Be 0
        foreach ($image in $schedule.Images) {
            { Get-CrCheckpoint $image -ErrorAction Stop } | Should -Throw -ErrorId 'ProtectionKeyNeeded*'
            (Get-CrCheckpoint $image -Protection $owner -TrustedSigner $signer).SignatureStatus | Should -Be Valid
        }
        (Get-CrCheckpoint $schedule.Images[-1] -Protection $owner).ChainLength | Should -BeGreaterThan 1
        foreach ($image in $schedule.Images) { [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes($image)) | Should -Not -Match 'counter|Linux' }
        $record = [IO.File]::ReadAllText($schedule.Path)
        $record | Should -Match '"encryptedFor": "the certificate CN=owner \(SHA-256 [0-9A-F]{64}\)"'
        $record | Should -Match '"signedBy": "CN=signer \(SHA-256'
        $schedule | Unregister-CrCheckpointSchedule

        $resume = "$namespace.ResumeCrCheckpointScheduleCommand"
        { Resume-CrCheckpointSchedule $directory -ErrorAction Stop } | Should -Throw -ErrorId "ProtectionKeyNeeded,$resume" -ExpectedMessage "*it takes the certificate CN=owner *"
        { Resume-CrCheckpointSchedule $directory -Protection $owner -ErrorAction Stop } | Should -Throw -ErrorId "SigningCertificateNeeded,$resume"
        { Resume-CrCheckpointSchedule $directory -Protection $owner -SigningCertificate (Get-PublicPart $signer) -ErrorAction Stop } | Should -Throw -ErrorId "NoPrivateKey,$resume"
        { Resume-CrCheckpointSchedule $directory -Protection (New-Secret wrong) -SigningCertificate $signer -ErrorAction Stop } | Should -Throw -ErrorId "ProtectionKeyWrong,$resume"
        { Resume-CrCheckpointSchedule $directory -Protection $owner -SigningCertificate $owner -ErrorAction Stop } | Should -Throw -ErrorId "SignerNotTrusted,$resume"
        @(Get-CrCheckpointSchedule).Count | Should -Be 0

        $again = Resume-CrCheckpointSchedule $directory -Protection $owner -SigningCertificate $signer -Suspended
        $again.Task.Machine.Instructions | Should -Be 500000
        $again.Task | Resume-CrTask
        # What was said before lies in the image, since nobody had heard it.
        $again.Task | Receive-CrTask -Wait | Should -Be (1..10)
    }

    It 'comes back after a crash, passes over an image that another has put there, and knows its keys in this session' {
        $task = Start-CrTask ([IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin', 'exitcode')) -ArgumentList 9 -Suspended
        $schedule = $task | Register-CrCheckpointSchedule $directory -EverySeconds 3600 -AutoRestart -RestartLimit 1 -RestartDelay 0 -Protection $owner -SigningCertificate $signer
        # An image that somebody else has made, newer than the schedule's own.
        $null = Start-CrTask $counter -Suspended | Save-CrCheckpoint (Join-Path $directory "$($schedule.Name)-000002.cr")
        $task | Resume-CrTask
        Wait-Until { $schedule.State -eq 'Failed' }
        $schedule.Restarts | Should -Be 1
        @($schedule.Warnings -like '*-000002.cr'' is passed over: *').Count | Should -Be 1
        [IO.File]::Exists((Join-Path $directory "$($schedule.Name)-000002.cr")) | Should -BeTrue
        ($schedule | Resume-CrCheckpointSchedule -Suspended -WarningAction SilentlyContinue).State | Should -Be Running
    }

    It 'gives the process of a supervised machine its keys without writing them anywhere' {
        $secret = 'seven grey geese'
        $schedule = Start-CrTask $counter -ArgumentList 0, 1000 | Register-CrCheckpointSchedule $directory -EverySeconds 0.2 -Keep 3 -Supervised -RestartDelay 0.05 -Protection (New-Secret $secret), $owner -SigningCertificate $signer
        foreach ($death in 0, 1) {
            $saved = $schedule.Saved
            Wait-Until { $schedule.Saved -gt $saved }
            $process = $schedule.ProcessId
            if ($IsLinux) {
                foreach ($file in 'cmdline', 'environ') { [IO.File]::ReadAllText("/proc/$process/$file") | Should -Not -Match $secret }
            }
            if ($death -eq 1) { break }
            [Diagnostics.Process]::GetProcessById($process).Kill()
            Wait-Until { $schedule.HostRestarts -eq 1 -and $schedule.State -eq 'Running' -and $schedule.ProcessId -ne $process }
        }
        ($schedule | Unregister-CrCheckpointSchedule -PassThru).State | Should -Be Parked
        foreach ($file in [IO.Directory]::GetFiles($directory)) { [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes($file)) | Should -Not -Match $secret }
        (Get-CrCheckpoint $schedule.Images[-1] -Protection (New-Secret $secret) -TrustedSigner $signer).SignatureStatus | Should -Be Valid
        { Resume-CrCheckpointSchedule $directory -ErrorAction Stop } | Should -Throw -ErrorId "ProtectionKeyNeeded,$namespace.ResumeCrCheckpointScheduleCommand"
        $again = Resume-CrCheckpointSchedule $directory -Protection $owner -SigningCertificate $signer
        $again.ProcessId | Should -BeGreaterThan 0
        $again | Unregister-CrCheckpointSchedule
        $lines = [IO.File]::ReadAllLines($schedule.OutputPath)
        for ($i = 1; $i -lt $lines.Count; $i++) { if ([long]$lines[$i] -ne [long]$lines[$i - 1] + 1) { throw "After $($lines[$i - 1]) comes $($lines[$i])." } }
    }

    It 'needs keys that do what is asked of them: <what>' -ForEach @(
        @{ what = 'a certificate that does not open'; parameters = @{ AutoRestart = $true }; public = $true; id = 'ProtectionKeyUnusable' }
        @{ what = 'one that does not open parents'; parameters = @{ FullEvery = 2 }; public = $true; id = 'ProtectionKeyUnusable' }
        @{ what = 'a signer that cannot sign'; parameters = @{}; unsigning = $true; id = 'NoPrivateKey' }
    ) {
        $with = @{ Protection = $(if ($public) { Get-PublicPart $owner } else { $owner }) }
        if ($unsigning) { $with.SigningCertificate = Get-PublicPart $signer }
        { Start-CrTask $counter -Suspended | Register-CrCheckpointSchedule $directory -EverySeconds 60 @with @parameters -ErrorAction Stop } | Should -Throw -ErrorId "$id,$namespace.RegisterCrCheckpointScheduleCommand"
        [IO.Directory]::Exists($directory) | Should -BeFalse
        # Who only saves need not be able to open.
        if ($public) { (Start-CrTask $counter -Suspended | Register-CrCheckpointSchedule $directory -EverySeconds 60 @with).Protection | Should -Be Encrypted }
    }
}
