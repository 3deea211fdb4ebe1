# Trace-CrTask: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    function Start-Guest([string] $name) { Start-CrTask ([IO.Path]::Combine($guests, $name)) -ArgumentList $args -Suspended -Clock Virtual }
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Trace-CrTask' {
    It 'says that a task has ended, and traces the others' {
        $ended = Start-Guest hello | Resume-CrTask | Wait-CrTask -Timeout 60
        $found = @($ended, (Start-Guest hello) | Trace-CrTask -Resume -Timeout 60 -WarningVariable warned -WarningAction SilentlyContinue)
        $found.Count | Should -BeGreaterThan 1
        "$warned" | Should -Match "^Task $($ended.Id) \(hello\) has ended"
    }

    It 'gives each call as an object, and the end' {
        $lines = @(Start-Guest hello | Trace-CrTask -Resume -Timeout 60)
        $write = $lines.Where({ $_.Name -eq 'write' }, 'First')[0]
        $write.Number | Should -Be 4
        $write.Result | Should -Be 16
        $write.Arguments.Name | Should -Be fd, buf, count
        $write.Arguments[0].Value | Should -Be 1
        [Text.Encoding]::ASCII.GetString($write.Arguments[1].Value) | Should -BeExactly "Hello from i386`n"
        $write.Text | Should -BeExactly 'write(1, "Hello from i386\n", 16)       = 16'
        $lines[-1].Kind | Should -Be Exit
        $lines[-1].Text | Should -BeExactly '+++ exited with 0 +++'
        Get-CrTask | Remove-CrTask
    }

    It 'gives text with -AsText, and words with -Raw' {
        $lines = @(Start-Guest hello | Trace-CrTask -Resume -Timeout 60 -AsText)
        $lines[0] | Should -BeOfType string
        $lines[-2] | Should -BeExactly 'exit_group(0)                           = ?'
        (Start-Guest hello | Trace-CrTask -Resume -Timeout 60 -Raw -AsText)[0] | Should -Match '^write\(0x1, 0x[0-9a-f]+, 0x10\) '
        Get-CrTask | Remove-CrTask
    }

    It 'follows children only with -Follow' {
        @((Start-Guest waiter | Trace-CrTask -Resume -Timeout 60).ProcessId | Sort-Object -Unique).Count | Should -Be 1
        @((Start-Guest waiter | Trace-CrTask -Resume -Timeout 60 -Follow).ProcessId | Sort-Object -Unique).Count | Should -BeGreaterThan 1
        Get-CrTask | Remove-CrTask -Force
    }

    It 'shows only what -Name asks for' {
        $names = { param($filter) @((Start-Guest waiter | Trace-CrTask -Resume -Timeout 60 -Follow -Name $filter).Where({ $_.Kind -eq 'Call' }).Name | Sort-Object -Unique) }
        & $names 'wr*' | Should -Be write
        & $names 'process' | Should -Contain exit_group
        & $names 'process' | Should -Not -Contain write
        & $names '!write' | Should -Not -Contain write
        Get-CrTask | Remove-CrTask -Force
    }

    It 'ends after -Count, and after -Timeout with what is unfinished' {
        $task = Start-Guest counter
        @($task | Trace-CrTask -Resume -Count 3).Count | Should -Be 3
        $task | Stop-CrTask
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'readblock')) | Wait-CrTask -Timeout 1 -WarningAction SilentlyContinue -ErrorAction SilentlyContinue
        $task = Get-CrTask -Name readblock
        $last = @($task | Trace-CrTask -Timeout 0.3)[-1]
        $last.IsUnfinished | Should -BeTrue
        $last.Name | Should -Be read
        Get-CrTask | Remove-CrTask -Force
    }

    It 'changes nothing that the program can see' {
        $plain = Start-Guest waiter
        $plain | Resume-CrTask
        $null = $plain | Wait-CrTask -Timeout 60
        $traced = Start-Guest waiter
        $null = $traced | Trace-CrTask -Resume -Timeout 60 -Follow
        $traced.Instructions | Should -Be $plain.Instructions
        Get-CrTask | Remove-CrTask -Force
    }

    It 'completes names and classes' {
        (TabExpansion2 'Trace-CrTask 1 -Name opena' 26).CompletionMatches.CompletionText | Should -Contain openat2
        (TabExpansion2 'Trace-CrTask 1 -Name netw' 25).CompletionMatches.CompletionText | Should -Contain network
    }
}
