# Get-CrVma: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

. ([IO.Path]::Combine($PSScriptRoot, 'Inspection.ps1')) Get-CrVma -Least 3

Describe 'Get-CrVma' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image
    }

    It 'describes the regions' {
        $code = @(Get-CrVma $image)[0]
        $code.Path | Should -Be /counter
        $code.Permissions | Should -Be 'r-xp'
        $code.Kind | Should -Be File
        $code.Size | Should -Be ($code.End - $code.Start)
        $code.Executable | Should -BeTrue
        $code.Writable | Should -BeFalse
        (Get-CrVma $image | Where-Object Name -eq '[stack]').Writable | Should -BeTrue
    }

    It 'gives the same of the task as of its image' {
        $live = $task | Get-CrVma | ForEach-Object { "$($_.Start) $($_.End) $($_.Permissions) $($_.Pages)" }
        Get-CrVma $image | ForEach-Object { "$($_.Start) $($_.End) $($_.Permissions) $($_.Pages)" } | Should -Be $live
    }

    It 'finds the region of an address' {
        (Get-CrVma $image -Address 0x08048123).Path | Should -Be /counter
        (Get-CrVma $image -Address 0xbffff000).Name | Should -Be '[stack]'
        (Get-CrVma $image -Address '08048123').Path | Should -Be /counter
        Get-CrVma $image -Address 0 | Should -BeNullOrEmpty
    }

    It 'refuses what is no address' {
        { Get-CrVma $image -Address 'xyz' } | Should -Throw -ErrorId "ParameterArgumentTransformationError,$namespace.GetCrVmaCommand"
    }
}
