# Get-CrFileDescriptor: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

. ([IO.Path]::Combine($PSScriptRoot, 'Inspection.ps1')) Get-CrFileDescriptor -Least 3

Describe 'Get-CrFileDescriptor' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image
    }

    It 'describes the standard streams' {
        $found = Get-CrFileDescriptor $image
        $found.Number | Should -Be 0, 1, 2
        $found[1].Path | Should -Be /dev/.cr/stdout
        $found[1].Kind | Should -Be Regular
        $found[1].Access | Should -Be w
        $found[1].Position | Should -Be ($task | Get-CrFileDescriptor -Number 1).Position
    }

    It 'shows which descriptors share an open file' {
        $root = (New-Item -ItemType Directory (Join-Path $TestDrive root)).FullName
        New-Item -ItemType Directory (Join-Path $root tmp) | Out-Null
        Copy-Item ([IO.Path]::Combine($guests, 'dupwriter')) $root
        $writer = Start-CrTask /dupwriter -Root $root -RootWritable -ArgumentList /tmp/dup, 0
        foreach ($i in 1..6000) { if (@($writer | Get-CrFileDescriptor).Count -ge 7) { break }; [Threading.Thread]::Sleep(10) }
        $found = $writer | Suspend-CrTask | Get-CrFileDescriptor
        $shared = $found | Where-Object Number -ge 3 | Group-Object ObjectReference | Where-Object Count -gt 1
        @($shared).Count | Should -BeGreaterOrEqual 1
        ($found | Where-Object CloseOnExec).Path | Should -Be /tmp/dup
        $writer | Remove-CrTask -Force
    }

    It 'describes what v5 cannot carry' {
        $holder = Start-CrTask ([IO.Path]::Combine($guests, 'pipeholder'))
        foreach ($i in 1..6000) { if (@($holder | Get-CrFileDescriptor).Count -ge 5) { break }; [Threading.Thread]::Sleep(10) }
        ($holder | Get-CrFileDescriptor -Number 3, 4).Kind | Should -Be Pipe, Pipe
        $holder | Remove-CrTask -Force
    }
}
