# Resume-CrCheckpointSchedule: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $counter = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin', 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

Describe 'Resume-CrCheckpointSchedule' {
    BeforeEach { $directory = Join-Path $TestDrive "$([guid]::NewGuid())" }
    AfterEach {
        Get-CrCheckpointSchedule | Unregister-CrCheckpointSchedule
        Get-CrTask | Remove-CrTask -Force
    }

    It 'picks up what a dead session left, to the end' {
        try {
            Invoke-FreshHost -ArgumentList $counter, $directory {
                param($counter, $directory)
                $task = Start-CrTask $counter -ArgumentList 10, 20000 -Suspended -Clock Virtual
                $schedule = $task | Register-CrCheckpointSchedule $directory -EveryInstructions 100000 -Keep 2
                $task | Wait-CrTask -Instruction 250000
                while ($schedule.Saved -lt 3) { [Threading.Thread]::Sleep(10) }
                [Diagnostics.Process]::GetCurrentProcess().Kill()
            }
        }
        catch { $_.Exception.Message | Should -Match 'ended with exit code 137' }
        $schedule = Resume-CrCheckpointSchedule $directory
        $schedule.Task.Machine.Clock | Should -Be Virtual
        $schedule.EveryInstructions | Should -Be 100000
        $schedule.Keep | Should -Be 2
        # Nobody had taken the output: it is in the image.
        $schedule.Task | Receive-CrTask -Wait | Should -Be (1..10)
        while ($schedule.State -eq 'Running') { [Threading.Thread]::Sleep(10) }
        $schedule.State | Should -Be Ended
        @($schedule.Images | Split-Path -Leaf) | Should -Be 'counter-000006.cr', 'counter-000007.cr'
    }

    It 'takes files, directories, wildcards and schedules, and leaves the machine frozen when it is told to' {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 12345
        foreach ($name in 'a', 'b') { $task | Register-CrCheckpointSchedule $directory -EverySeconds 60 -Name $name | Unregister-CrCheckpointSchedule }
        @(Resume-CrCheckpointSchedule $directory -Suspended).Name | Should -Be 'a', 'b'
        (Get-CrCheckpointSchedule a).Task.State | Should -Be Frozen
        (Get-CrCheckpointSchedule a).Task.Machine.Instructions | Should -Be 12345
        Get-CrCheckpointSchedule | Unregister-CrCheckpointSchedule
        @(Resume-CrCheckpointSchedule (Join-Path $directory '*.schedule.json')).Task.State | Should -Be Running, Running
        Get-CrCheckpointSchedule | Unregister-CrCheckpointSchedule
        $schedule = Resume-CrCheckpointSchedule -LiteralPath (Join-Path $directory 'a.schedule.json')
        $schedule.Name | Should -Be a
        $schedule | Unregister-CrCheckpointSchedule
        ($schedule | Resume-CrCheckpointSchedule).Name | Should -Be a
    }

    It 'refuses to freeze what runs in a process of its own, and tells when that process does not come up' {
        $schedule = Start-CrTask $counter | Register-CrCheckpointSchedule $directory -EverySeconds 60 -Supervised
        $schedule | Unregister-CrCheckpointSchedule
        { Resume-CrCheckpointSchedule $directory -Suspended -ErrorAction Stop } | Should -Throw -ErrorId "ParameterConflict,$namespace.ResumeCrCheckpointScheduleCommand"
        $hostPath = Join-Path $TestDrive host
        [IO.File]::WriteAllText($hostPath, "#!/bin/sh`necho it is broken >&2`nexit 3`n")
        foreach ($case in @{ mode = 'UserRead'; id = 'HostNotStarted' }, @{ mode = 'UserRead, UserExecute'; id = 'HostFailed' }) {
            [IO.File]::SetUnixFileMode($hostPath, $case.mode)
            { Resume-CrCheckpointSchedule $directory -HostPath $hostPath -ErrorAction Stop } | Should -Throw -ErrorId "$($case.id),$namespace.ResumeCrCheckpointScheduleCommand"
        }
    }

    It 'finds the program where it is now' {
        $moved = Join-Path $TestDrive counter
        Copy-Item $counter $moved
        Start-CrTask $moved -Suspended | Register-CrCheckpointSchedule $directory -EverySeconds 60 | Unregister-CrCheckpointSchedule
        Remove-Item $moved
        { Resume-CrCheckpointSchedule $directory -ErrorAction Stop } | Should -Throw
        @(Get-CrCheckpointSchedule).Count | Should -Be 0
        (Resume-CrCheckpointSchedule $directory -FilePath $counter -AllowChangedFiles).State | Should -Be Running
    }

    It 'passes damaged images over with a warning' {
        $task = Start-CrTask $counter -ArgumentList 10, 20000 -Suspended
        $schedule = $task | Register-CrCheckpointSchedule $directory -EveryInstructions 200000
        $task | Resume-CrTask | Wait-CrTask | Out-Null
        while ($schedule.State -eq 'Running') { [Threading.Thread]::Sleep(10) }
        $newest = $schedule.Images[-1]
        $schedule | Unregister-CrCheckpointSchedule
        [IO.File]::WriteAllText($newest, 'no image')
        $again = Resume-CrCheckpointSchedule $directory -Force -Suspended -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -Match 'passed over'
        $again.Task.Machine.Instructions | Should -Be 400000
    }

    It 'says what is wrong: <what>' -ForEach @(
        @{ what = 'it is in use'; id = 'ScheduleInUse'; break = { $script:kept = $task | Register-CrCheckpointSchedule $directory -EverySeconds 60 -Force } }
        @{ what = 'no image is good'; id = 'NoGoodImage'; break = { [IO.File]::WriteAllText((Join-Path $directory counter-000001.cr), 'x') } }
        @{ what = 'the file is broken'; id = 'InvalidSchedule'; break = { [IO.File]::WriteAllText((Join-Path $directory counter.schedule.json), '{}') } }
        @{ what = 'the file is gone'; id = 'PathNotFound'; break = { Remove-Item (Join-Path $directory counter.schedule.json) } }
    ) {
        $task = Start-CrTask $counter -Suspended
        $task | Register-CrCheckpointSchedule $directory -EverySeconds 60 | Unregister-CrCheckpointSchedule
        . $break
        $before = @(Get-CrMachine).Count
        { Resume-CrCheckpointSchedule (Join-Path $directory counter.schedule.json) -ErrorAction Stop -WarningAction SilentlyContinue } | Should -Throw -ErrorId "$id,$namespace.ResumeCrCheckpointScheduleCommand"
        @(Get-CrMachine).Count | Should -Be $before
    }

    It 'does not go back from an end, unless it is told to' {
        $task = Start-CrTask $counter -ArgumentList 3, 1000 -Suspended
        $schedule = $task | Register-CrCheckpointSchedule $directory -EverySeconds 60
        $task | Resume-CrTask | Wait-CrTask | Out-Null
        while ($schedule.State -eq 'Running') { [Threading.Thread]::Sleep(10) }
        { Resume-CrCheckpointSchedule $directory -ErrorAction Stop } | Should -Throw -ErrorId "ScheduleEnded,$namespace.ResumeCrCheckpointScheduleCommand"
        (Resume-CrCheckpointSchedule $directory -Force).Task | Receive-CrTask -Wait | Should -Be 1, 2, 3
    }

    It 'does nothing with -WhatIf' {
        Start-CrTask $counter -Suspended | Register-CrCheckpointSchedule $directory -EverySeconds 60 | Unregister-CrCheckpointSchedule
        Resume-CrCheckpointSchedule $directory -WhatIf
        @(Get-CrCheckpointSchedule).Count | Should -Be 0
    }
}
