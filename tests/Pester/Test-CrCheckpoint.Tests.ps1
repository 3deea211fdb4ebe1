# Test-CrCheckpoint: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Test-CrCheckpoint' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image -RecordHash
        $v5 = Join-Path $TestDrive v5.cr
        $task | Save-CrCheckpoint $v5 -Format V5 -WarningAction SilentlyContinue | Out-Null
    }

    It 'finds a good image good' {
        $found = Test-CrCheckpoint $image -FilePath $counter
        $found.IsValid | Should -BeTrue
        $found.Restores | Should -BeTrue
        $found.PagesRead | Should -BeGreaterThan 0
        $found.FilesNeeded | Should -Be /counter
        (Test-CrCheckpoint $v5 -FilePath $counter).IsValid | Should -BeTrue
        (Test-CrCheckpoint $image).Restores | Should -BeNullOrEmpty
    }

    It 'compares the state hash and runs the machine with -Deep' {
        $found = $checkpoint | Test-CrCheckpoint -Deep -Instruction 5000
        $found.HashMatches | Should -BeTrue
        $found.Instructions | Should -Be 5000
        $found.Problems.Count | Should -Be 0
    }

    It 'says what is wrong: <what>' -ForEach @(
        @{ what = 'a damaged page'; at = -5000; message = '*checksum*' }
        @{ what = 'a damaged object'; at = 5000; message = '*checksum*' }
    ) {
        $bytes = [IO.File]::ReadAllBytes($image)
        $place = if ($at -lt 0) { $bytes.Length + $at } else { $at }
        $bytes[$place] = $bytes[$place] -bxor 1
        $bad = Join-Path $TestDrive bad.cr
        [IO.File]::WriteAllBytes($bad, $bytes)
        $found = Test-CrCheckpoint $bad
        $found.IsValid | Should -BeFalse
        $found.Problems[0] | Should -BeLike $message
    }

    It 'says which file is missing' {
        $empty = (New-Item -ItemType Directory (Join-Path $TestDrive empty)).FullName
        $found = Test-CrCheckpoint $image -Root $empty
        $found.Restores | Should -BeFalse
        $found.Problems[0] | Should -BeLike '*/counter*'
    }
}
