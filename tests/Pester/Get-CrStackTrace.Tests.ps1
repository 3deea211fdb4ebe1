# Get-CrStackTrace: what a user sees.

BeforeDiscovery { . ([IO.Path]::Combine($PSScriptRoot, 'Inspection.ps1')) -Command Get-CrStackTrace -Least 1 -Type CrStackFrame }

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $frames = [IO.Path]::Combine($guests, 'frames')
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Get-CrStackTrace' {
    BeforeAll { $task = Start-CrTask $frames -ArgumentList threads -Suspended | Step-CrTask -Until innermost -PassThru }

    It 'shows functions, lines and a signal''s handler' {
        $trace = $task | Get-CrStackTrace
        $trace[0..5].ForEach('Place') | Should -Match '^(innermost|recurse\+0x[0-9a-f]+|handler\+0x[0-9a-f]+|<signal handler called>)$'
        $trace[0].Symbol | Should -Be innermost
        $trace[0].SourceFile | Should -BeLike '*src/frames.c'
        $trace[0].SourceLine | Should -Match '^frames\.c:\d+$'
        $trace[5].IsSignalFrame | Should -BeTrue
        $trace[5].Module | Should -Be '[vdso]'
        $trace[0].CrTaskId | Should -Be $task.Id
        "$($trace[0])" | Should -Match '^#0 [0-9a-f]{8} innermost at frames\.c:\d+$'
    }

    It 'has a table for each thread' {
        $text = $task | Get-CrStackTrace -AllThreads | Out-String -Width 120
        $text | Should -Match 'Thread: 2 \(frames\) of task \d+ \(frames\)'
        $text | Should -Match 'Thread: 3 \(frames\) of task \d+ \(frames\)'
        $text | Should -Match '0 [0-9a-f]{8} spin'
    }

    It 'gives as many frames as are wanted' {
        @($task | Get-CrStackTrace -Depth 2).Count | Should -Be 2
        @($task | Get-CrStackTrace -Depth 1)[0].Level | Should -Be 0
    }

    It 'is the same for an image of <format>' -ForEach @(@{ format = 'Extended' }, @{ format = 'V5' }) {
        $one = Start-CrTask $frames -Suspended | Step-CrTask -Until innermost -PassThru
        $image = Join-Path $TestDrive "frames-$format.cr"
        $one | Save-CrCheckpoint $image -Format $format -WarningAction SilentlyContinue | Out-Null
        $trace = Get-CrStackTrace $image -FilePath $frames
        $trace.ForEach('Place') | Should -Be ($one | Get-CrStackTrace).ForEach('Place')
        $trace[0].CrTaskId | Should -BeNullOrEmpty
        # Without the program there are no names; the file and the address in it stay.
        (Get-CrStackTrace $image)[0].Place | Should -Match '^frames\+0x[0-9a-f]+$'
    }

    It 'looks at a task that runs, which runs on' {
        $running = Start-CrTask ([IO.Path]::Combine($guests, 'counter'))
        $running | Get-CrStackTrace | Should -Not -BeNullOrEmpty
        $before = $running.Instructions
        [Threading.SpinWait]::SpinUntil([Func[bool]] { $running.Instructions -gt $before }, 30000) | Should -BeTrue
        $running.State | Should -Not -Be Frozen
        $running | Stop-CrTask
    }

    It 'refuses two roots' {
        { $task | Get-CrStackTrace -Root $TestDrive -FilePath $frames } | Should -Throw -ErrorId 'ParameterConflict,CheckpointRestart.PS.Commands.GetCrStackTraceCommand'
    }
}
