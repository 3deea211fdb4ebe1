# Debug-CrTask: what a user sees, with Debian's gdb.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $stepper = [IO.Path]::Combine($guests, 'stepper')
    $class = 'CheckpointRestart.PS.Commands.DebugCrTaskCommand'

    $gdb = Get-Command gdb -CommandType Application -ErrorAction Ignore | Select-Object -First 1
    $lack = 'there is no gdb on the path; on Debian, apt-get install gdb'

    # gdb on a job's port; what it says.
    function Invoke-Gdb([object] $Job, [string[]] $Commands) {
        $arguments = @('-nx', '-batch', '-iex', 'set debuginfod enabled off', '-ex', "target remote localhost:$($Job.Port)") + @(foreach ($command in $Commands) { '-ex'; $command })
        (& $gdb.Source @arguments 2>&1 | ForEach-Object { "$_" }) -join "`n"
    }
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Debug-CrTask' {
    AfterEach { Get-CrTask | Remove-CrTask -Force }

    It 'lets gdb stop by name, step, show, and let go; the program runs to its end' {
        if (-not $gdb) { Set-ItResult -Skipped -Because $lack; return }
        $task = Start-CrTask $stepper -Suspended
        $job = $task | Debug-CrTask -AsJob
        $job.DebuggerCommand | Should -Be "gdb -ex 'target remote localhost:$($job.Port)'"
        $job.Session.EndPoint.Address | Should -Be ([Net.IPAddress]::Loopback)
        $said = Invoke-Gdb $job 'break factorial', 'continue', 'backtrace', 'stepi', 'info registers eax', 'detach'
        $said | Should -Match 'Breakpoint 1, .*factorial \(\)'
        $said | Should -Match '#1 .*main \(\)'
        $said | Should -Match 'eax +0x5 +5'
        ($job | Wait-Job -Timeout 60).State | Should -Be Completed
        $job.End | Should -Be Detached
        $task | Receive-CrTask -Wait | Should -Be '120 hello'
        $job | Remove-Job
    }

    It 'lets gdb look into an image of <format>' -ForEach @(@{ format = 'Extended' }, @{ format = 'V5' }) {
        if (-not $gdb) { Set-ItResult -Skipped -Because $lack; return }
        $image = Join-Path $TestDrive "debug-$format.cr"
        Start-CrTask $stepper -Suspended | Step-CrTask -Until factorial -Count 2 -PassThru | Save-CrCheckpoint $image -Format $format -WarningAction SilentlyContinue | Out-Null
        $job = Debug-CrTask $image -FilePath $stepper -AsJob
        $said = Invoke-Gdb $job 'backtrace', 'print $eax', 'stepi', 'detach'
        $said | Should -Match '#0 .*factorial \(\)'
        $said | Should -Match '\$1 = 4'
        $said | Should -Match 'an image does not run'
        $job | Wait-Job -Timeout 60 | Remove-Job
    }

    It 'listens where it is told, for one debugger a process' {
        $task = Start-CrTask $stepper -Suspended
        $first = $task | Debug-CrTask -AsJob
        { $task | Debug-CrTask -Port $first.Port -AsJob -ErrorAction Stop } | Should -Throw -ErrorId "PortNotAvailable,$class"
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $first.Port)
        [Threading.SpinWait]::SpinUntil([Func[bool]] { $first.Session.State -eq 'Connected' }, 30000) | Should -BeTrue
        $second = $task | Debug-CrTask -AsJob
        $other = [Net.Sockets.TcpClient]::new('127.0.0.1', $second.Port)
        ($second | Wait-Job -Timeout 60).State | Should -Be Failed
        { $second | Receive-Job -ErrorAction Stop } | Should -Throw '*debugger already*'
        $client.Dispose()
        $other.Dispose()
        $first | Stop-Job
        $first.State | Should -Be Stopped
        $first, $second | Remove-Job
    }

    It 'gives a session and serves until the program has ended' {
        if (-not $gdb) { Set-ItResult -Skipped -Because $lack; return }
        $task = Start-CrTask $stepper -Suspended
        $sessions = @($task | Debug-CrTask | ForEach-Object {
            $null = Invoke-Gdb $_ 'continue', 'continue', 'continue'
            $_
        })
        $sessions.Count | Should -Be 1
        $sessions[0].State | Should -Be Ended
        $sessions[0].CrTaskId | Should -Be $task.Id
        $task.HasExited | Should -BeTrue
    }

    It 'does nothing with -WhatIf, and refuses what has ended' {
        $task = Start-CrTask $stepper -Suspended
        $task | Debug-CrTask -WhatIf | Should -BeNullOrEmpty
        $task | Resume-CrTask
        $task | Wait-CrTask -Timeout 30 | Out-Null
        { $task | Debug-CrTask -AsJob -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$class"
        { Debug-CrTask -Id 999999 -AsJob -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$class"
        { Debug-CrTask (Join-Path $TestDrive none.cr) -AsJob -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$class"
    }
}
