# Enter-CrTask and tasks with terminals: what a user sees, also through a real terminal.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $tty = [IO.Path]::Combine($guests, 'ttyecho')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $python = (Get-Command python3 -ErrorAction Ignore).Source

    # Takes output until it holds a text.
    function Receive-Until([object] $Task, [string] $Text) {
        $all = ''
        foreach ($i in 1..6000) {
            $all += $Task | Receive-CrTask -Raw
            if ($all.Contains($Text)) { break }
            [Threading.Thread]::Sleep(10)
        }
        $all
    }
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'A task with a terminal' {
    BeforeEach { $task = Start-CrTask $tty -Terminal -TerminalSize 100x30 }
    AfterEach { $task | Remove-CrTask -Force }

    It 'has its size, and echoes what is typed' {
        Receive-Until $task 'ready' | Should -Be "tty 30x100`r`nready`r`n"
        $task | Send-CrTask 'hello'
        Receive-Until $task 'got' | Should -Be "hello`r`ngot hello`r`n"
    }

    It 'hears of another size' {
        $null = Receive-Until $task 'ready'
        $task | Send-CrTask -TerminalSize 40x10
        Receive-Until $task 'size' | Should -Be "size 10x40`r`n"
    }

    It 'is interrupted by a key' {
        $null = Receive-Until $task 'ready'
        $task | Send-CrTask ([string][char]3) -NoNewline
        $task | Wait-CrTask
        $task.ExitSignal | Should -Be SIGINT
    }

    It 'reads the end of its input' {
        $null = Receive-Until $task 'ready'
        $task | Send-CrTask 'last' -EndOfInput
        $task | Receive-CrTask -Wait | Select-Object -Last 1 | Should -Be "end`r"
        $task.ExitCode | Should -Be 0
    }

    It 'refuses a size that is none' {
        { Start-CrTask $tty -TerminalSize wide } | Should -Throw '*80x24*'
    }
}

Describe 'Enter-CrTask' {
    It 'needs a console' {
        $task = Start-CrTask $tty -Terminal
        $run = Invoke-FreshHost -ArgumentList $tty {
            param($tty)
            try { Start-CrTask $tty -Terminal | Enter-CrTask } catch { $_.FullyQualifiedErrorId }
        }
        $run | Should -BeLike 'NoConsole,*'
        $task | Remove-CrTask -Force
    }

    It 'needs a task with a terminal' {
        $task = Start-CrTask $counter -Suspended
        { $task | Enter-CrTask -ErrorAction Stop } | Should -Throw '*has no terminal*'
        $task | Remove-CrTask -Force
    }

    It 'refuses a key that it could not tell from others' {
        $task = Start-CrTask $tty -Terminal
        { $task | Enter-CrTask -DetachKey F12 -ErrorAction Stop } | Should -Throw "*'F12'*"
        $task | Remove-CrTask -Force
    }

    It 'connects a real terminal, leaves at a key, comes back, and restores the modes' -Skip:(-not $IsLinux) {
        if (-not $python) { Set-ItResult -Skipped -Because 'there is no python3'; return }
        $script = Join-Path $TestDrive 'enter.ps1'
        [IO.File]::WriteAllText($script, @"
Import-Module '$(Get-ModuleManifest)'
`$task = Start-CrTask '$tty' -Terminal
'entering'
`$task | Enter-CrTask
for (`$i = 0; `$i -lt 6000 -and `$task.State -eq 'Running'; `$i++) { Start-Sleep -Milliseconds 10 }
"left `$(`$task.State)"
`$task | Enter-CrTask -DetachKey ^A
"left again `$(`$task.HasExited)"
`$task | Enter-CrTask
"ended `$(`$task.ExitCode)"
"@)
        $steps = ConvertTo-Json -Compress -InputObject @(
            @('see', 'entering'), @('see', 'ready'), @('modes'), @('type', "abc`r"), @('see', 'got abc'), @('size', 90, 20), @('see', 'size 20x90'),
            @('type', [string][char]0x1d), @('see', 'left Waiting'), @('see', 'size 20x90'),
            @('type', "more`r"), @('see', 'got more'), @('type', [string][char]1), @('see', 'left again False'), @('see', 'size'),
            @('type', [string][char]4), @('see', 'end'), @('see', 'ended 0'), @('modes'))
        $console = [IO.Path]::Combine($PSScriptRoot, 'console.py')
        $shown = & $python $console 120 $steps @(Get-HostCommand) -NoProfile -File $script
        $shown -join "`n" | Should -Be (@('seen entering', 'seen ready', '-icanon -echo', 'seen got abc', 'seen size 20x90', 'seen left Waiting', 'seen size 20x90',
            'seen got more', 'seen left again False', 'seen size', 'seen end', 'seen ended 0', 'icanon echo') -join "`n")
    }
}
