# What test files may rely on in the runner: scopes, data, results and failures. True of Pester 5 and of the repository's own runner.

BeforeDiscovery {
    $sums = @(
        @{ left = 1; right = 2; sum = 3 }
        @{ left = 2; right = 2; sum = 4 }
    )
    $discovered = $true
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    $outer = 'outer'
    $events = [Collections.Generic.List[string]]::new()

    function Get-Weather { 'rain' }

    # Runs test files in a fresh process and gives the run's counts and output.
    function Invoke-Nested([hashtable] $Files, [string] $Options = '') {
        $folder = Join-Path $TestDrive ([IO.Path]::GetRandomFileName())
        $null = New-Item -ItemType Directory $folder
        foreach ($name in $Files.Keys) { [IO.File]::WriteAllText((Join-Path $folder "$name.Tests.ps1"), $Files[$name]) }
        $build = [IO.Path]::Combine((Get-RepositoryRoot), 'tools', 'Build', 'Pester.ps1')
        $script = Join-Path $folder 'run.ps1'
        [IO.File]::WriteAllText($script, @"
. '$build'
Import-Pester
`$run = Invoke-Pester '$folder' -PassThru -Output Detailed $Options
"counts `$(`$run.PassedCount) `$(`$run.FailedCount) `$(`$run.SkippedCount) `$(`$run.FailedBlocksCount) `$(`$run.FailedContainersCount) `$(`$run.Result)"
"@)
        $run = Start-FreshHost -ArgumentList '-File', $script
        $run.Output -match 'counts (\d+) (\d+) (\d+) (\d+) (\d+) (\w+)' | Should -BeTrue -Because $run.ErrorOutput
        [pscustomobject]@{
            Passed = [int]$Matches[1]; Failed = [int]$Matches[2]; Skipped = [int]$Matches[3]
            Blocks = [int]$Matches[4]; Containers = [int]$Matches[5]; Result = $Matches[6]; Output = $run.Output
        }
    }
}

Describe 'Scopes' {
    BeforeAll { $inner = 'inner'; $count = 0 }
    BeforeEach { $each = 'each' }

    It 'shows a test what every block around it has set' {
        "$outer $inner $each" | Should -Be 'outer inner each'
        $leaked = 1
        $count = 5
    }

    It 'keeps the variables of a test from the next' {
        $leaked | Should -BeNullOrEmpty
        $count | Should -Be 0
    }

    It 'does not carry discovery into the run' { $discovered | Should -BeNullOrEmpty }

    It 'sees functions of BeforeAll' { Get-Weather | Should -Be 'rain' }

    It 'knows its file' {
        $PSScriptRoot | Should -Be (Split-Path $PSCommandPath)
        Split-Path $PSCommandPath -Leaf | Should -Be 'Runner.Tests.ps1'
    }

    Context 'inside' {
        BeforeAll { $inner = 'changed' }
        It 'may hide a variable' { $inner | Should -Be 'changed' }
    }

    It 'does not see what a block inside has set' { $inner | Should -Be 'inner' }
}

Describe 'Order' {
    BeforeAll { $events.Add('all') }
    BeforeEach { $events.Add('each') }
    AfterEach { $events.Add('after') }
    It 'runs setup, test, teardown' { $events.Add('one') }
    Context 'nested' {
        BeforeEach { $events.Add('inner') }
        AfterEach { $events.Add('inner-after') }
        It 'goes from the outside in and back' { $events.Add('two') }
    }
    AfterAll {
        $events -join ' ' | Should -Be 'all each one after each inner two inner-after after'
    }
}

Describe 'Data' {
    It 'adds <left> and <right>' -ForEach $sums { $left + $right | Should -Be $sum }
    It 'has <_>' -ForEach 1, 2, 3 { $_ | Should -BeIn 1, 2, 3 }
    It 'takes test cases' -TestCases @{ word = 'x' } { $word | Should -Be 'x' }

    Context 'a block for <animal.name>' -ForEach @{ animal = @{ name = 'cat' } }, @{ animal = @{ name = 'dog' } } {
        BeforeAll { $seen = $animal.name }
        It 'gives its data to setup and tests' { $seen | Should -Be $animal.name }
    }
}

Describe 'A link in TestDrive' {
    BeforeAll { $outside = [IO.Directory]::CreateTempSubdirectory('outside-').FullName }

    AfterAll { [IO.Directory]::Delete($outside, $true) }

    Context 'that leads out of it' {
        It 'is made, and a file appears behind it' {
            $null = [IO.Directory]::CreateSymbolicLink((Join-Path $TestDrive 'out'), $outside)
            [IO.File]::WriteAllText([IO.Path]::Combine($outside, 'kept.txt'), 'kept')
        }
    }

    Context 'afterwards' {
        It 'is gone, and what it led to is untouched' {
            Join-Path $TestDrive 'out' | Should -Not -Exist
            Join-Path $outside 'kept.txt' | Should -Exist
        }
    }
}

Describe 'TestDrive' {
    BeforeAll { 'kept' > (Join-Path $TestDrive 'kept.txt') }
    Context 'first' {
        It 'is a folder and a drive' {
            Set-Content TestDrive:/made.txt 'hello'
            Get-Content (Join-Path $TestDrive 'made.txt') | Should -Be 'hello'
            'TestDrive:/made.txt' | Should -FileContentMatch '^HELLO$'
        }
    }
    Context 'second' {
        It 'loses what another block made and keeps what is outside' {
            Join-Path $TestDrive 'made.txt' | Should -Not -Exist
            Join-Path $TestDrive 'kept.txt' | Should -Exist
        }
    }
}

Describe 'Should' {
    It 'holds for <text>' -ForEach @(
        @{ text = "1 | Should -Be 1" }
        @{ text = "'a' | Should -Be 'A'" }
        @{ text = "'a' | Should -Not -BeExactly 'A'" }
        @{ text = "1, 2 | Should -Be 1, 2" }
        @{ text = "@() | Should -HaveCount 0" }
        @{ text = "1, 2 | Should -HaveCount 2" }
        @{ text = "`$null | Should -BeNullOrEmpty" }
        @{ text = "'' | Should -BeNullOrEmpty" }
        @{ text = "@() | Should -BeNullOrEmpty" }
        @{ text = "0 | Should -Not -BeNullOrEmpty" }
        @{ text = "3 | Should -BeGreaterThan 2" }
        @{ text = "3 | Should -BeGreaterOrEqual 3" }
        @{ text = "2 | Should -BeLessThan 3" }
        @{ text = "3 | Should -BeLessOrEqual 3" }
        @{ text = "2 | Should -BeIn 1, 2" }
        @{ text = "1, 2 | Should -Contain 2" }
        @{ text = "1, 2 | Should -Not -Contain 3" }
        @{ text = "'abc' | Should -BeLike 'A*'" }
        @{ text = "'abc' | Should -Not -BeLikeExactly 'A*'" }
        @{ text = "'abc' | Should -Match '^A'" }
        @{ text = "'abc' | Should -MatchExactly '^a'" }
        @{ text = "1 | Should -BeOfType int" }
        @{ text = "1 | Should -BeOfType [int]" }
        @{ text = "`$true | Should -BeTrue" }
        @{ text = "0 | Should -BeFalse" }
        @{ text = "{ throw 'abc' } | Should -Throw 'a*'" }
        @{ text = "{ 1 } | Should -Not -Throw" }
        @{ text = "{ Get-Item /none/such -ErrorAction Stop } | Should -Throw -ErrorId 'PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand'" }
        @{ text = "{ throw [IO.IOException]::new('x') } | Should -Throw -ExceptionType ([IO.IOException])" }
        @{ text = "Get-Command Get-Item | Should -HaveParameter Path -Type ([string[]])" }
    ) {
        { Invoke-Expression $text } | Should -Not -Throw
    }

    It 'fails for <text>' -ForEach @(
        @{ text = "1 | Should -Be 2" }
        @{ text = "1, 2 | Should -Be 1, 3" }
        @{ text = "1, 2 | Should -Be 1" }
        @{ text = "'a' | Should -BeExactly 'A'" }
        @{ text = "1 | Should -Not -Be 1" }
        @{ text = "`$null | Should -Not -BeNullOrEmpty" }
        @{ text = "1, 2 | Should -HaveCount 3" }
        @{ text = "1 | Should -BeOfType string" }
        @{ text = "{ 1 } | Should -Throw" }
        @{ text = "{ throw 'abc' } | Should -Throw 'b*'" }
        @{ text = "{ throw 'abc' } | Should -Throw -ErrorId 'other'" }
        @{ text = "{ throw 'abc' } | Should -Throw -ExceptionType ([IO.IOException])" }
        @{ text = "'/none/such' | Should -Exist" }
        @{ text = "Get-Command Get-Item | Should -HaveParameter Nonsense" }
    ) {
        { Invoke-Expression $text } | Should -Throw -ErrorId 'PesterAssertionFailed*'
    }

    It 'tells the reason' { { 1 | Should -Be 2 -Because 'two is one' } | Should -Throw '*because two is one*' }

    It 'gives the error that was thrown' {
        $thrown = { throw [IO.IOException]::new('disk') } | Should -Throw -PassThru
        $thrown.Exception.Message | Should -Be 'disk'
    }
}

Describe 'Mock' {
    It 'replaces a function' {
        Mock Get-Weather { 'sun' }
        Get-Weather | Should -Be 'sun'
        Should -Invoke Get-Weather -Times 1 -Exactly
    }

    It 'lasts as long as its test' { Get-Weather | Should -Be 'rain' }

    It 'replaces a cmdlet where its filter holds' {
        # Pester 5 calls the cmdlet itself where no filter holds, and Pester 6 refuses to.
        Mock Get-Date { 'else' }
        Mock Get-Date { 'then' } -ParameterFilter { $Format -eq 'q' }
        Get-Date -Format q | Should -Be 'then'
        Get-Date -Format 'yyyy' | Should -Be 'else'
        Should -Invoke Get-Date -ParameterFilter { $Format -eq 'q' } -Times 1 -Exactly
        Should -Invoke Get-Date -Times 2 -Exactly
    }

    Context 'for a block' {
        BeforeAll { Mock Get-Weather { 'fog' } }
        It 'holds in its tests' { Get-Weather | Should -Be 'fog' }
        It 'counts calls by test' { Should -Invoke Get-Weather -Times 0 -Exactly }
    }

    It 'reaches into a module' {
        New-Module Sky { function Get-Sky { Get-Cloud }; function Get-Cloud { 'grey' }; Export-ModuleMember Get-Sky } | Import-Module
        try {
            Mock Get-Cloud { 'white' } -ModuleName Sky
            Get-Sky | Should -Be 'white'
            InModuleScope Sky { Get-Cloud } | Should -Be 'white'
        }
        finally { Remove-Module Sky }
    }
}

Describe 'Results of a run' {
    It 'counts what passes, fails and is skipped' {
        $run = Invoke-Nested @{ a = @'
Describe 'a' {
    It 'passes' { 1 | Should -Be 1 }
    It 'fails' { 1 | Should -Be 2 }
    It 'throws' { [int]::Parse('x') }
    It 'is skipped' -Skip { throw }
    It 'skips itself' { Set-ItResult -Skipped -Because 'it may' }
}
'@ }
        "$($run.Passed) $($run.Failed) $($run.Skipped) $($run.Result)" | Should -Be '1 2 2 Failed'
        $run.Output | Should -Match '\[-\] fails'
        $run.Output | Should -Match 'Expected 2, but got 1'
        $run.Output | Should -Match '\[\+\] passes'
    }

    It 'fails the tests of a block whose setup fails, and goes on with the next' {
        $run = Invoke-Nested @{ a = "Describe 'a' { BeforeAll { throw 'setup' }; It 'x' { }; It 'y' { } }; Describe 'b' { It 'z' { } }" }
        $run.Passed | Should -Be 1
        $run.Result | Should -Be 'Failed'
        $run.Failed + $run.Blocks | Should -BeGreaterThan 0
        $run.Output | Should -Match 'setup'
    }

    It 'fails a block whose teardown fails' {
        $run = Invoke-Nested @{ a = "Describe 'a' { AfterAll { throw 'teardown' }; It 'x' { } }" }
        $run.Passed | Should -Be 1
        $run.Blocks | Should -Be 1
        $run.Result | Should -Be 'Failed'
    }

    It 'fails a file that cannot be discovered (<name>), and runs the others' -ForEach @(
        @{ name = 'error'; text = "throw 'at once'" }
        @{ name = 'syntax'; text = "Describe 'a' {" }
        @{ name = 'in a block'; text = "Describe 'a' { Get-Nothing-Here }" }
    ) {
        $run = Invoke-Nested @{ bad = $text; good = "Describe 'b' { It 'x' { } }" }
        $run.Containers | Should -Be 1
        $run.Passed | Should -Be 1
        $run.Result | Should -Be 'Failed'
    }

    It 'fails on an error in a test though statements follow' {
        (Invoke-Nested @{ a = "Describe 'a' { It 'x' { Get-Nothing-Here; 1 | Should -Be 1 } }" }).Failed | Should -Be 1
    }

    It 'is not misled by break in a test' {
        (Invoke-Nested @{ a = "Describe 'a' { It 'x' { break }; It 'y' { } }" }).Passed | Should -Be 2
    }

    It 'runs what tags ask for' {
        $text = "Describe 'a' -Tag slow { It 'x' { } }; Describe 'b' { It 'y' -Tag fast { }; It 'z' { } }"
        (Invoke-Nested @{ a = $text } '-TagFilter slow').Passed | Should -Be 1
        (Invoke-Nested @{ a = $text } '-ExcludeTagFilter slow, fast').Passed | Should -Be 1
        (Invoke-Nested @{ a = $text } "-FullNameFilter 'b.*'").Passed | Should -Be 2
    }

    It 'does not set up a block without tests to run' {
        (Invoke-Nested @{ a = "Describe 'a' { BeforeAll { throw }; It 'x' -Skip { } }" }).Result | Should -Be 'Passed'
    }

    It 'ends with exit code <code> under the build when tests <verb>' -ForEach @(
        @{ verb = 'pass'; code = 0; text = "Describe 'a' { It 'x' { } }" }
        @{ verb = 'fail'; code = 1; text = "Describe 'a' { It 'x' { throw } }" }
        @{ verb = 'cannot be discovered'; code = 1; text = 'throw' }
        @{ verb = 'are missing'; code = 1; text = '' }
    ) {
        $file = Join-Path $TestDrive 'a.Tests.ps1'
        $result = Join-Path $TestDrive 'result.txt'
        [IO.File]::WriteAllText($file, $text)
        $script = [IO.Path]::Combine((Get-RepositoryRoot), 'tools', 'Build', 'RunPester.ps1')
        (Start-FreshHost -ArgumentList '-File', $script, '-Path', $file, '-Result', $result).ExitCode | Should -Be $code
        (Get-Content $result).Split(' ')[1] | Should -Be $code
    }
}
