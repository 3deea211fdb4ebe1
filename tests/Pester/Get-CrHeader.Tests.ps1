# Get-CrHeader: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Get-CrHeader' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image
    }

    It 'looks into live tasks and images alike: <from>' -ForEach @(
        @{ from = 'a piped task'; look = { $task | Get-CrHeader } }
        @{ from = 'a number'; look = { Get-CrHeader -Id $task.Id } }
        @{ from = 'a property'; look = { [pscustomobject]@{ CrTaskId = $task.Id } | Get-CrHeader } }
        @{ from = 'a checkpoint'; look = { $checkpoint | Get-CrHeader } }
        @{ from = 'a path'; look = { Get-CrHeader $image } }
        @{ from = 'a literal path'; look = { Get-CrHeader -LiteralPath $image } }
        @{ from = 'a file'; look = { Get-Item $image | Get-CrHeader } }
    ) {
        $found = @(& $look)
        $found.Count | Should -BeGreaterOrEqual 1
        $found[0] | Should -BeOfType 'CheckpointRestart.PS.Objects.CrHeader'
    }

    It 'says of which kernel the image is' {
        $header = $checkpoint | Get-CrHeader
        $header.Revision | Should -Be 2
        $header.Release | Should -BeLike '6.1*'
        $header.KernelVersion | Should -Be '6.1.0'
        $header.Machine | Should -Be i686
        $header.Name | Should -Be counter
        $header.ProcessId | Should -Be 2
    }

    It 'reports what is not there' {
        { Get-CrHeader -Id 999999 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$namespace.GetCrHeaderCommand"
        { Get-CrHeader (Join-Path $TestDrive none.cr) -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$namespace.GetCrHeaderCommand"
    }
}
