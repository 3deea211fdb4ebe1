# What a script may rely on in the host that runs it: exit codes, streams, rendering. True of pwsh and of the repository's own host.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force

    # PowerShell tells a terminal how it wants its keys, also where the output goes elsewhere; this one knows no such words.
    $plain = @{ TERM = 'dumb' }

    function Invoke-Command-Text([string] $Text) { Start-FreshHost -ArgumentList '-Command', $Text -Environment $plain }

    function Invoke-File([string] $Text, [string[]] $Arguments = @()) {
        $file = Join-Path $TestDrive 'script.ps1'
        [IO.File]::WriteAllText($file, $Text)
        Start-FreshHost -ArgumentList (@('-File', $file) + $Arguments)
    }
}

Describe 'Exit codes of the host' {
    It 'is <code> after -Command "<text>"' -ForEach @(
        @{ text = '1'; code = 0 }
        @{ text = 'exit 7'; code = 7 }
        @{ text = '& { exit 4 }'; code = 4 }
        @{ text = 'throw "bad"'; code = 1 }
        @{ text = 'Get-Nothing-Here'; code = 1 }
        @{ text = 'Get-Item /does/not/exist'; code = 1 }
        @{ text = 'Get-Item /does/not/exist; 1'; code = 0 }
        @{ text = 'if (1) {'; code = 1 }
    ) {
        (Invoke-Command-Text $text).ExitCode | Should -Be $code
    }

    It 'is what a script exits with' { (Invoke-File 'exit 3').ExitCode | Should -Be 3 }

    It 'is 1 after an error that ends a script' { (Invoke-File "throw 'bad'").ExitCode | Should -Be 1 }

    It 'is 0 after an error that does not end a script' { (Invoke-File "Get-Item /does/not/exist").ExitCode | Should -Be 0 }

    It 'is not changed by a script that the script calls' {
        [IO.File]::WriteAllText((Join-Path $TestDrive 'inner.ps1'), 'exit 9')
        $run = Invoke-File '& "$PSScriptRoot/inner.ps1"; "inner gave $LASTEXITCODE"; exit 2'
        $run.ExitCode | Should -Be 2
        $run.Output.Trim() | Should -Be 'inner gave 9'
    }
}

Describe 'Streams of the host' {
    It 'writes output to standard output and errors to standard error, without escape codes' {
        $run = Invoke-Command-Text '[pscustomobject]@{ a = 1 }; Write-Error wrong; Write-Warning careful'
        $run.Output | Should -Match '(?m)^a\r?\n-\r?\n1'
        $run.Output | Should -Match 'WARNING: careful'
        $run.ErrorOutput | Should -Match 'Write-Error: wrong'
        $run.Output + $run.ErrorOutput | Should -Not -Match "`e"
    }

    It 'says where an error in a script is' {
        $run = Invoke-File "# a comment`n`$x = 1`nthrow 'here'`n"
        $run.ErrorOutput | Should -Match 'script\.ps1:3'
        $run.ErrorOutput | Should -Match 'here'
    }

    It 'gives standard input to $input' {
        $run = Start-FreshHost -ArgumentList '-Command', '$input | ForEach-Object { "<$_>" }' -InputText "one`ntwo`n"
        $run.Output.Trim() -split '\r?\n' | Should -Be '<one>', '<two>'
    }

    It 'reads commands from standard input with -Command -' {
        $run = Start-FreshHost -ArgumentList '-Command', '-' -InputText "1 + 1`nexit 5`n" -Environment $plain
        $run.Output.Trim() | Should -Be '2'
        $run.ExitCode | Should -Be 5
    }

    It 'does not wait for a user' {
        $run = Invoke-Command-Text 'Read-Host question'
        $run.ExitCode | Should -Be 1
        $run.ErrorOutput | Should -Match 'NonInteractive'
    }
}

Describe 'Arguments of a script' {
    It 'binds names, switches and the rest' {
        $run = Invoke-File 'param([switch] $Flag, [string] $Name, [Parameter(ValueFromRemainingArguments)] $Rest) "$Flag|$Name|$Rest"' '-Flag', '-Name', 'a b', 'c', '-Flag:$false'.Replace('-Flag:$false', 'd')
        $run.Output.Trim() | Should -Be 'True|a b|c d'
    }
}

Describe 'Invoke-FreshHost' {
    It 'runs a script block in another process' {
        Invoke-FreshHost { $PID } -NoModule | Should -Not -Be $PID
    }

    It 'passes arguments' {
        Invoke-FreshHost { param($text, $number, $list) "$text/$($number + 1)/$($list.Count)" } -ArgumentList "it's", 41, @(1, 2, 3) -NoModule | Should -Be "it's/42/3"
    }

    It 'imports the module' {
        Invoke-FreshHost { (Get-Module CheckpointRestart).Name } | Should -Be 'CheckpointRestart'
    }

    It 'throws what ends the script' {
        { Invoke-FreshHost { throw 'far away' } -NoModule } | Should -Throw '*far away*'
    }
}
