# Show-CrVma: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $class = 'CheckpointRestart.PS.Commands.ShowCrVmaCommand'
    $escape = [char]27
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Show-CrVma' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image
        $v5 = Join-Path $TestDrive v5.cr
        $task | Save-CrCheckpoint $v5 -Format V5 -WarningAction SilentlyContinue | Out-Null
        $rendering = $PSStyle.OutputRendering
        $noColor = $env:NO_COLOR
    }

    BeforeEach {
        $env:NO_COLOR = $null
        $PSStyle.OutputRendering = 'PlainText'
    }

    AfterEach {
        $env:NO_COLOR = $noColor
        $PSStyle.OutputRendering = $rendering
    }

    It 'takes <from>' -ForEach @(
        @{ from = 'a piped task'; look = { $task | Show-CrVma } }
        @{ from = 'a number'; look = { Show-CrVma -Id $task.Id } }
        @{ from = 'a property'; look = { [pscustomobject]@{ CrTaskId = $task.Id } | Show-CrVma } }
        @{ from = 'a checkpoint'; look = { $checkpoint | Show-CrVma } }
        @{ from = 'a task of a checkpoint'; look = { $checkpoint | Get-CrTask | Show-CrVma } }
        @{ from = 'a path'; look = { Show-CrVma $image } }
        @{ from = 'a literal path'; look = { Show-CrVma -LiteralPath $image } }
        @{ from = 'a file'; look = { Get-Item $image | Show-CrVma } }
    ) {
        $lines = @(& $look)
        $lines[0] | Should -BeOfType string
        @($lines -match '^[0-9a-f]{8} ').Count | Should -Be @(Get-CrVma $image).Count
    }

    It 'has a sign for each page, in its region''s line' {
        $lines = @($task | Show-CrVma -Width 120 -Ascii) -match '^[0-9a-f]{8} '
        $drawn = foreach ($line in $lines) { ($line.Substring(23) -replace '[^#%=o.]', ' ').Trim().Split(' ')[0].Length }
        $drawn | Should -Be (Get-CrVma $image | ForEach-Object { $_.Size / 4096 })
        # The stack: what is at its end was written.
        @($lines -match '\[stack\]')[0] | Should -Match '\.{20,}#+ '
    }

    It 'draws the same of the task as of its image' {
        @(Show-CrVma $image -Width 100)[1..100] | Should -Be @($task | Show-CrVma -Width 100)[1..100]
    }

    It 'fits <_> columns' -ForEach 40, 80, 120 {
        $lines = @($task | Show-CrVma -Width $_)
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual $_
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeGreaterThan ($_ / 2)
    }

    It 'says of a v5 image what that knows' {
        (Show-CrVma $v5 | Out-String) | Should -Match 'in the image'
        (Show-CrVma $v5 | Out-String) | Should -Not -Match 'written'
    }

    It 'has an empty line between two pictures' {
        @($task, $task | Show-CrVma).Where({ $_ -eq '' }).Count | Should -Be 1
    }

    It 'uses colours with Ansi, none in plain text or with NO_COLOR, and never a sign beyond ASCII with -Ascii' {
        $plain = @($task | Show-CrVma -Width 100)
        ($plain -join '') | Should -Not -Match $escape
        $PSStyle.OutputRendering = 'Ansi'
        $coloured = @($task | Show-CrVma -Width 100)
        ($coloured -join '') | Should -Match "$escape\["
        @($coloured -replace "$escape\[[0-9;]*m", '').TrimEnd() | Should -Be $plain
        $env:NO_COLOR = '1'
        (@($task | Show-CrVma) -join '') | Should -Not -Match $escape
        (@($task | Show-CrVma -Ascii) -join '') | Should -Not -Match '[^\x20-\x7e]'
    }

    It 'refuses what has ended, is not there, or is no width' {
        $ended = Start-CrTask ([IO.Path]::Combine($guests, 'hello')) | Wait-CrTask -Timeout 60
        { $ended | Show-CrVma -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$class"
        { Show-CrVma -Id 999999 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$class"
        { Show-CrVma (Join-Path $TestDrive none.cr) -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$class"
        { Show-CrVma $image -ProcessId 77 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotInImage,$class"
        { Show-CrVma $image -Width 10 } | Should -Throw -ErrorId "ParameterArgumentValidationError,$class"
        $ended | Remove-CrTask
    }
}
