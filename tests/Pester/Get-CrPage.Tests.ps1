# Get-CrPage: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

. ([IO.Path]::Combine($PSScriptRoot, 'Inspection.ps1')) Get-CrPage

Describe 'Get-CrPage' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image
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
}
