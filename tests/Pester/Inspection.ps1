# What every cmdlet has in common that looks into live tasks and images alike. A test file dot-sources this with the cmdlet's name, the fewest
# objects that it gives of the guest counter, and the arguments that it cannot do without.
param([Parameter(Mandatory)] [string] $Command, [int] $Least = 1, [hashtable] $With = @{}, [string] $Type = $Command.Substring(4))

Describe '<command> looks into live tasks and images alike' -ForEach @(@{ command = $Command; least = $Least; with = $With; type = $Type }) {
    BeforeAll {
        Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
        Import-TestedModule
        $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'counter')) -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image
        $class = "CheckpointRestart.PS.Commands.$($command.Replace('-', ''))Command"
    }

    AfterAll { Get-CrTask | Remove-CrTask -Force }

    It 'takes <from>' -ForEach @(
        @{ from = 'a piped task'; look = { $task | & $command @with } }
        @{ from = 'a number'; look = { & $command -Id $task.Id @with } }
        @{ from = 'a name'; look = { & $command -TaskName $task.Name @with } }
        @{ from = 'a pattern of names'; look = { & $command -TaskName 'zz*', 'c?unte*' @with } }
        @{ from = 'a property'; look = { [pscustomobject]@{ CrTaskId = $task.Id } | & $command @with } }
        @{ from = 'a checkpoint'; look = { $checkpoint | & $command @with } }
        @{ from = 'a path'; look = { & $command $image @with } }
        @{ from = 'a literal path'; look = { & $command -LiteralPath $image @with } }
        @{ from = 'a file'; look = { Get-Item $image | & $command @with } }
    ) {
        $found = @(& $look)
        $found.Count | Should -BeGreaterOrEqual $least
        $found[0] | Should -BeOfType "CheckpointRestart.PS.Objects.$type"
    }

    It 'refuses a task that has ended' {
        $ended = Start-CrTask ([IO.Path]::Combine($guests, 'hello')) | Wait-CrTask -Timeout 30
        { $ended | & $command @with -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$class"
        $ended | Remove-CrTask
    }

    It 'reports what is not there' {
        { & $command -Id 999999 @with -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$class"
        { & $command -TaskName nobody @with -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$class"
        { & $command (Join-Path $TestDrive none.cr) @with -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$class"
    }
}
