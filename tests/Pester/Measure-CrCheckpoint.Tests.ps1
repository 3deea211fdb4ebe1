# Measure-CrCheckpoint: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $task = Start-CrTask ([IO.Path]::Combine($guests, 'counter')) -Suspended | Wait-CrTask -Instruction 300000
    $image = Join-Path $TestDrive counter.cr
    $checkpoint = $task | Save-CrCheckpoint $image
    $old = Join-Path $TestDrive counter.v5
    $v5 = $task | Save-CrCheckpoint $old -Format V5
    $namespace = 'CheckpointRestart.PS.Commands'

    function Get-Sum($Shares, $Property) {
        $sum = 0
        foreach ($share in $Shares) { $sum += $share.$Property }
        $sum
    }
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Measure-CrCheckpoint' {
    It 'divides all pages, whichever way: <_>' -ForEach @('Kind', 'Task', 'Region') {
        $shares = @(Measure-CrCheckpoint $image -By $_)
        Get-Sum $shares Pages | Should -Be ($checkpoint.PagesStored + $checkpoint.PagesZero)
        Get-Sum $shares ZeroPages | Should -Be $checkpoint.PagesZero
        Get-Sum $shares Percent | Should -BeGreaterThan 98
        Get-Sum $shares Percent | Should -BeLessThan 102
        $shares[0].Size | Should -BeGreaterOrEqual $shares[1].Size
    }

    It 'names kinds of objects' {
        $shares = Measure-CrCheckpoint $image
        ($shares.Where({ $_.Name -eq 'task' })).Objects | Should -Be @(Get-CrObject $image -Kind task).Count
        ($shares.Where({ $_.Name -eq 'memory' })).Pages | Should -BeGreaterThan 0
    }

    It 'names tasks and regions' {
        (Measure-CrCheckpoint $image -By Task).Name | Should -Contain "task $($task.ProcessId) (counter)"
        $stack = $task | Get-CrVma | Where-Object Name -eq '[stack]'
        @(Measure-CrCheckpoint $image -By Region).Where({ $_.Name -like "*$('{0:x8}' -f $stack.Start)-*" }).Pages | Should -Be $stack.Pages
    }

    It 'counts equal pages, and what packing makes of them' {
        $page = [byte[]]::new(4096)
        [Random]::new(1).NextBytes($page)
        $writer = Start-CrTask ([IO.Path]::Combine($guests, 'counter')) -Suspended | Wait-CrTask -Instruction 1000
        $data = $writer | Get-CrVma | Where-Object Name -eq '[stack]'
        $writer | Set-CrMemory $data.Start $page
        $writer | Set-CrMemory ($data.Start + 4096) $page
        $region = @($writer | Save-CrCheckpoint | Measure-CrCheckpoint -By Region).Where({ $_.Name -like "*$('{0:x8}' -f $data.Start)-*" })
        $region.DuplicatePages | Should -Be 1
        $region.PackedSize | Should -BeLessThan $region.Size
        $region.PackedSize | Should -BeGreaterThan 4096
    }

    It 'measures v5 images' {
        Get-Sum (Measure-CrCheckpoint $old) Pages | Should -Be $v5.PagesStored
    }

    It 'takes checkpoints and files from the pipeline' {
        @($checkpoint | Measure-CrCheckpoint).Count | Should -BeGreaterThan 5
        @(Get-Item $image | Measure-CrCheckpoint).Count | Should -BeGreaterThan 5
    }

    It 'reports what is no image, and goes on' {
        $none = Join-Path $TestDrive none.cr
        [IO.File]::WriteAllText($none, 'nothing')
        @(Measure-CrCheckpoint $none, $image -ErrorVariable failed -ErrorAction SilentlyContinue).Count | Should -BeGreaterThan 5
        $failed[0].FullyQualifiedErrorId | Should -Be "InvalidImage,$namespace.MeasureCrCheckpointCommand"
    }
}
