# Get-CrStateHash: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Get-CrStateHash' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image
    }

    It 'takes one root' {
        { Get-CrStateHash $image -Root $TestDrive -FilePath $counter } | Should -Throw -ErrorId "ParameterConflict,$namespace.GetCrStateHashCommand"
    }

    It 'looks into live tasks and images alike: <from>' -ForEach @(
        @{ from = 'a piped task'; look = { $task | Get-CrStateHash } }
        @{ from = 'a number'; look = { Get-CrStateHash -Id $task.Id } }
        @{ from = 'a property'; look = { [pscustomobject]@{ CrTaskId = $task.Id } | Get-CrStateHash } }
        @{ from = 'a checkpoint'; look = { $checkpoint | Get-CrStateHash } }
        @{ from = 'a path'; look = { Get-CrStateHash $image -FilePath $counter } }
        @{ from = 'a literal path'; look = { Get-CrStateHash -LiteralPath $image -FilePath $counter } }
        @{ from = 'a file'; look = { Get-Item $image | Get-CrStateHash -FilePath $counter } }
    ) {
        $found = @(& $look)
        $found.Count | Should -BeGreaterOrEqual 1
        $found[0] | Should -BeOfType 'CheckpointRestart.PS.Objects.CrStateHash'
    }

    It 'is the same for a task, its image and a copy' {
        $hash = ($task | Get-CrStateHash).Hash
        $hash | Should -Match '^[0-9a-f]{64}$'
        (Get-CrStateHash $image -FilePath $counter).Hash | Should -Be $hash
        (Get-CrStateHash $image -Root $guests).Hash | Should -Be $hash
        $copy = $checkpoint | Restore-CrCheckpoint -Suspended
        ($copy | Get-CrStateHash).Hash | Should -Be $hash
        $copy | Remove-CrTask -Force
    }

    It 'changes with the state' {
        $copy = $checkpoint | Restore-CrCheckpoint -Suspended
        $at = $copy.Machine.Instructions
        $copy | Wait-CrTask -Instruction ($at + 1) | Out-Null
        ($copy | Get-CrStateHash).Hash | Should -Not -Be ($task | Get-CrStateHash).Hash
        $copy | Remove-CrTask -Force
    }

    It 'covers a whole machine' {
        $task.Machine | Get-CrStateHash -Scope Full | ForEach-Object Scope | Should -Be Full
    }

    It 'is kept for a task that ends, with -KeepStateHash' {
        $hashes = 1..2 | ForEach-Object {
            $ended = Start-CrTask ([IO.Path]::Combine($guests, 'hello')) -KeepStateHash | Wait-CrTask -Timeout 30
            ($ended | Get-CrStateHash).Hash
            $ended | Remove-CrTask
        }
        $hashes[0] | Should -Match '^[0-9a-f]{64}$'
        $hashes[1] | Should -Be $hashes[0]
    }

    It 'reports what is not there' {
        { Get-CrStateHash -Id 999999 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$namespace.GetCrStateHashCommand"
        { Get-CrStateHash (Join-Path $TestDrive none.cr) -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$namespace.GetCrStateHashCommand"
    }
}
