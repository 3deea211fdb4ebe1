# Get-CrCheckpoint: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Get-CrCheckpoint' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 1000
        $folder = (New-Item -ItemType Directory (Join-Path $TestDrive images)).FullName
        foreach ($name in 'a.cr', 'b.cr', '[c].cr') { $task | Save-CrCheckpoint (Join-Path $folder $name) | Out-Null }
        $task | Save-CrCheckpoint (Join-Path $TestDrive v5.cr) -Format V5 | Out-Null
        $task | Remove-CrTask -Force
    }

    It 'opens an image' {
        $checkpoint = Get-CrCheckpoint (Join-Path $folder a.cr)
        $checkpoint | Should -BeOfType 'CheckpointRestart.PS.Objects.CrCheckpoint'
        $checkpoint.Name | Should -Be counter
        $checkpoint.TaskId | Should -BeNullOrEmpty
    }

    It 'takes wildcards, literal names and files' {
        @(Get-CrCheckpoint (Join-Path $folder '?.cr')).Count | Should -Be 2
        (Get-CrCheckpoint -LiteralPath (Join-Path $folder '[c].cr')).Path | Should -BeLike '*c?.cr'
        @(Get-ChildItem $folder | Get-CrCheckpoint).Count | Should -Be 3
        Get-CrCheckpoint (Join-Path $folder 'z*.cr') -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'finds the images of a kernel, as typed' {
        Push-Location $folder
        try { @(Get-CrCheckpoint *.cr | Get-CrHeader | Where-Object Release -like '6.*').Count | Should -Be 3 }
        finally { Pop-Location }
    }

    It 'lists the tasks that it has' {
        $tasks = Get-CrCheckpoint (Join-Path $folder a.cr) | Get-CrTask
        $tasks.Name | Should -Be counter
        $tasks.IsSaved | Should -BeTrue
        @($tasks | Get-CrVma).Count | Should -Be @(Get-CrVma (Join-Path $folder a.cr)).Count
    }

    It 'warns of bytes after the end' {
        $longer = Join-Path $TestDrive longer.cr
        [IO.File]::WriteAllBytes($longer, [IO.File]::ReadAllBytes((Join-Path $TestDrive v5.cr)) + [byte[]](1, 2, 3))
        (Get-CrCheckpoint $longer -WarningVariable warned -WarningAction SilentlyContinue).Name | Should -Be counter
        $warned.Count | Should -Be 1
        $warned[0].Message | Should -Match '3 bytes'
    }

    It 'names the record, its offset and the rule of a damaged image' {
        $bytes = [IO.File]::ReadAllBytes((Join-Path $TestDrive v5.cr))
        $bytes[9] = 0
        $damaged = Join-Path $TestDrive damaged.cr
        [IO.File]::WriteAllBytes($damaged, $bytes)
        { Get-CrCheckpoint $damaged -ErrorAction Stop } | Should -Throw -ExpectedMessage '*HEAD at offset 0*EINVAL*' -ErrorId "InvalidImage,$namespace.GetCrCheckpointCommand"
        [IO.File]::WriteAllBytes($damaged, [IO.File]::ReadAllBytes((Join-Path $folder a.cr))[0..299])
        { Get-CrCheckpoint $damaged -ErrorAction Stop } | Should -Throw -ExpectedMessage '*offset*EPIPE*' -ErrorId "InvalidImage,$namespace.GetCrCheckpointCommand"
    }

    It 'goes on after a bad file' {
        $bad = Join-Path $TestDrive bad.cr
        [IO.File]::WriteAllText($bad, 'no image')
        $found = Get-CrCheckpoint $bad, (Join-Path $folder a.cr) -ErrorAction SilentlyContinue -ErrorVariable problem
        $found.Name | Should -Be counter
        $problem.Count | Should -Be 1
    }

    It 'names a file that is not there' {
        { Get-CrCheckpoint (Join-Path $TestDrive none.cr) -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$namespace.GetCrCheckpointCommand"
    }
}
