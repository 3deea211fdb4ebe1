# Get-CrCheckpointSchedule: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $counter = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin', 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
    $task = Start-CrTask $counter -Suspended
    $task | Register-CrCheckpointSchedule (Join-Path $TestDrive b) -EverySeconds 60 -Name web-2 | Out-Null
    Start-CrTask $counter -Suspended | Register-CrCheckpointSchedule (Join-Path $TestDrive a) -EveryInstructions 1000000 -Name web-1 -AutoRestart -RestartLimit 7 | Out-Null
}

AfterAll {
    Get-CrCheckpointSchedule | Unregister-CrCheckpointSchedule
    Get-CrTask | Remove-CrTask -Force
}

Describe 'Get-CrCheckpointSchedule' {
    It 'gives all, or those of a name' {
        @(Get-CrCheckpointSchedule).Name | Should -Be 'web-1', 'web-2'
        (Get-CrCheckpointSchedule web-2).Directory | Should -Be (Join-Path $TestDrive b)
        @(Get-CrCheckpointSchedule 'WEB*', 'web-1').Count | Should -Be 3
        @(Get-CrCheckpointSchedule 'x*').Count | Should -Be 0
    }

    It 'says that there is none of a name' {
        { Get-CrCheckpointSchedule nobody -ErrorAction Stop } | Should -Throw -ErrorId "ScheduleNotFound,$namespace.GetCrCheckpointScheduleCommand"
    }

    It 'shows what was asked for and how it stands' {
        $schedule = Get-CrCheckpointSchedule web-1
        $schedule.EveryInstructions | Should -Be 1000000
        $schedule.EverySeconds | Should -BeNullOrEmpty
        $schedule.Every | Should -Be '1,000,000 instr.'
        $schedule.AutoRestart | Should -BeTrue
        $schedule.RestartLimit | Should -Be 7
        $schedule.State | Should -Be Running
        $schedule.Saved | Should -Be 1
        $schedule.Images | Should -Be (Join-Path $TestDrive a web-1-000001.cr)
        $schedule.LastImage | Should -Be $schedule.Images[0]
        $schedule.Supervised | Should -BeFalse
        $schedule.ProcessId | Should -BeNullOrEmpty
        (Get-CrCheckpointSchedule web-2).Task.Id | Should -Be $task.Id
        $text = Get-CrCheckpointSchedule | Out-String -Width 120
        $text | Should -Match 'web-1 +Running +1 +0 +0 20\d\d\S+ \S+ +1,000,000 instr\. +5 '
    }

    It 'completes names' {
        $line = 'Get-CrCheckpointSchedule web-'
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be 'web-1', 'web-2'
    }
}
