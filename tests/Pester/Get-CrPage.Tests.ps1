# Get-CrPage: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Get-CrPage' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image
    }

    It 'looks into live tasks and images alike: <from>' -ForEach @(
        @{ from = 'a piped task'; look = { $task | Get-CrPage } }
        @{ from = 'a number'; look = { Get-CrPage -Id $task.Id } }
        @{ from = 'a property'; look = { [pscustomobject]@{ CrTaskId = $task.Id } | Get-CrPage } }
        @{ from = 'a checkpoint'; look = { $checkpoint | Get-CrPage } }
        @{ from = 'a path'; look = { Get-CrPage $image } }
        @{ from = 'a literal path'; look = { Get-CrPage -LiteralPath $image } }
        @{ from = 'a file'; look = { Get-Item $image | Get-CrPage } }
    ) {
        $found = @(& $look)
        $found.Count | Should -BeGreaterOrEqual 1
        $found[0] | Should -BeOfType 'CheckpointRestart.PS.Objects.CrPage'
    }

    It 'gives as many as the regions say' {
        @(Get-CrPage $image).Count | Should -Be (Get-CrVma $image | Measure-Object Pages -Sum).Sum
    }

    It 'gives the pages of piped regions' {
        $stack = $task | Get-CrVma | Where-Object Name -eq '[stack]'
        foreach ($page in $stack | Get-CrPage) {
            $page.Address | Should -BeGreaterOrEqual $stack.Start
            $page.Address | Should -BeLessThan $stack.End
            $page.Vma.Name | Should -Be '[stack]'
        }
    }

    It 'reads the same bytes from the task and from its image' {
        foreach ($page in Get-CrPage $image) {
            $page.Bytes.Length | Should -Be 4096
            ($task | Get-CrPage -Address $page.Address).Hash | Should -Be $page.Hash
        }
    }

    It 'reports what is not there' {
        { Get-CrPage -Id 999999 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$namespace.GetCrPageCommand"
        { Get-CrPage (Join-Path $TestDrive none.cr) -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$namespace.GetCrPageCommand"
    }
}
