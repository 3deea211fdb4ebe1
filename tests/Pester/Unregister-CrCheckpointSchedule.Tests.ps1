# Unregister-CrCheckpointSchedule: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $counter = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin', 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

Describe 'Unregister-CrCheckpointSchedule' {
    BeforeEach {
        $task = Start-CrTask $counter -Suspended
        $directory = Join-Path $TestDrive "$([guid]::NewGuid())"
        $schedule = $task | Register-CrCheckpointSchedule $directory -EverySeconds 0.05
    }
    AfterEach {
        Get-CrCheckpointSchedule | Unregister-CrCheckpointSchedule
        Get-CrTask | Remove-CrTask -Force
    }

    It 'ends the schedule; the machine goes on and the images stay' {
        $ended = $schedule | Unregister-CrCheckpointSchedule -PassThru
        $ended.State | Should -Be Stopped
        @(Get-CrCheckpointSchedule).Count | Should -Be 0
        $task | Resume-CrTask
        $task.State | Should -Be Running
        $count = $schedule.Images.Count
        [Threading.Thread]::Sleep(300)
        $schedule.Images.Count | Should -Be $count
        $count | Should -BeGreaterOrEqual 1
    }

    It 'takes the files away when it is told to, by name' {
        Unregister-CrCheckpointSchedule -Name 'coun*' -RemoveFiles
        @([IO.Directory]::GetFileSystemEntries($directory)).Count | Should -Be 0
    }

    It 'does nothing with -WhatIf' {
        $schedule | Unregister-CrCheckpointSchedule -RemoveFiles -WhatIf
        (Get-CrCheckpointSchedule).Name | Should -Be counter
        $schedule.Images.Count | Should -BeGreaterOrEqual 1
    }

    It 'says that there is none of a name, and ends the others' {
        { Unregister-CrCheckpointSchedule -Name nobody -ErrorAction Stop } | Should -Throw -ErrorId "ScheduleNotFound,$namespace.UnregisterCrCheckpointScheduleCommand"
        Unregister-CrCheckpointSchedule -Name nobody, counter -ErrorAction SilentlyContinue
        @(Get-CrCheckpointSchedule).Count | Should -Be 0
    }
}
