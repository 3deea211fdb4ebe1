# Get-CrHeader: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

. ([IO.Path]::Combine($PSScriptRoot, 'Inspection.ps1')) Get-CrHeader

Describe 'Get-CrHeader' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image
    }

    It 'says of which kernel the image is' {
        $header = $checkpoint | Get-CrHeader
        $header.Revision | Should -Be 16
        $header.Release | Should -BeLike '6.1*'
        $header.KernelVersion | Should -Be '6.1.0'
        $header.Machine | Should -Be i686
        $header.Name | Should -Be counter
        $header.ProcessId | Should -Be 2
    }
}
