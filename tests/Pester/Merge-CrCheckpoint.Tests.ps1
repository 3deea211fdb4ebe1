# Merge-CrCheckpoint, and the increments that Save-CrCheckpoint -Parent writes: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Merge-CrCheckpoint' {
    BeforeEach {
        $folder = (New-Item (Join-Path $TestDrive "$([guid]::NewGuid())") -ItemType Directory).FullName
        $first, $second, $third, $whole = 'first.cr', 'second.cr', 'third.cr', 'whole.cr' | ForEach-Object { Join-Path $folder $_ }
        $task = Start-CrTask $counter -Clock Virtual -Suspended | Wait-CrTask -Instruction 300000
        $task | Save-CrCheckpoint $first | Out-Null
        $task = $task | Wait-CrTask -Instruction 400000
    }
    AfterEach { $task | Remove-CrTask -Force }

    It 'makes the image that would have been saved whole' {
        $increment = $task | Save-CrCheckpoint $second -Parent $first
        $increment.ChainLength | Should -Be 2
        $increment.ParentPath | Should -Be $first
        $increment.PagesUnchanged | Should -BeGreaterThan 0
        $saved = Join-Path $folder saved.cr
        $increment.PagesStored | Should -BeLessThan ($task | Save-CrCheckpoint $saved).PagesStored
        $merged = Merge-CrCheckpoint $second $whole
        $merged.ChainLength | Should -Be 1
        $merged.Path | Should -Be $whole
        [Convert]::ToHexString([IO.File]::ReadAllBytes($whole)) | Should -Be ([Convert]::ToHexString([IO.File]::ReadAllBytes($saved)))
    }

    It 'restores a chain, and looks into it, as one image' {
        $parent = Get-CrCheckpoint $first
        $parent = $task | Save-CrCheckpoint $second -Parent $parent
        $task | Save-CrCheckpoint $third -Parent $parent -RecordHash | Out-Null
        $chain = Get-CrCheckpoint $third
        $chain.ChainLength | Should -Be 3
        ($chain | Get-CrVma).Count | Should -Be ($task | Get-CrVma).Count
        ($chain | Get-CrRegister).Eip | Should -Be ($task | Get-CrRegister).Eip
        ($chain | Test-CrCheckpoint -Deep -FilePath $counter).IsValid | Should -BeTrue
        $again = Restore-CrCheckpoint $third -FilePath $counter -Suspended
        ($again | Get-CrStateHash -Scope Full).Hash | Should -Be ($task | Get-CrStateHash -Scope Full).Hash
        $again | Remove-CrTask -Force
    }

    It 'names a parent that is missing, and one that is another image' {
        $task | Save-CrCheckpoint $second -Parent $first | Out-Null
        Rename-Item $first other.cr
        { Get-CrCheckpoint $second -ErrorAction Stop } | Should -Throw -ExpectedMessage "*$first*" -ErrorId "ParentImageUnusable,$namespace.GetCrCheckpointCommand"
        $task | Save-CrCheckpoint $first | Out-Null
        { Restore-CrCheckpoint $second -FilePath $counter -ErrorAction Stop } | Should -Throw -ExpectedMessage "*$first*" -ErrorId "ParentImageUnusable,$namespace.RestoreCrCheckpointCommand"
        (Get-CrRecord $second | Where-Object Name -eq PARENT).Payload['path'] | Should -Be first.cr
    }

    It 'replaces no file without -Force, and nothing with -WhatIf' {
        $increment = $task | Save-CrCheckpoint $second -Parent $first
        { $increment | Merge-CrCheckpoint -DestinationPath $second -ErrorAction Stop } | Should -Throw -ErrorId "FileExists,$namespace.MergeCrCheckpointCommand"
        $increment | Merge-CrCheckpoint -DestinationPath $whole -WhatIf | Should -BeNullOrEmpty
        Test-Path $whole | Should -BeFalse
        ($increment | Merge-CrCheckpoint -DestinationPath $second -Force).ChainLength | Should -Be 1
        Remove-Item $first
        (Get-CrCheckpoint $second).ChainLength | Should -Be 1
    }

    It 'refuses what has no chain' {
        $v5 = Join-Path $folder v5.cr
        $task | Save-CrCheckpoint $v5 -Format V5 -WarningAction SilentlyContinue | Out-Null
        { Merge-CrCheckpoint $v5 $whole -ErrorAction Stop } | Should -Throw -ErrorId "CheckpointRefused,$namespace.MergeCrCheckpointCommand"
        { $task | Save-CrCheckpoint $second -Parent $v5 -ErrorAction Stop } | Should -Throw -ErrorId "CheckpointRefused,$namespace.SaveCrCheckpointCommand"
        { $task | Save-CrCheckpoint -Parent $first -ErrorAction Stop } | Should -Throw -ErrorId "ParameterConflict,$namespace.SaveCrCheckpointCommand"
        { $task | Save-CrCheckpoint $second -Parent $first -Format V5 -ErrorAction Stop } | Should -Throw -ErrorId "ParameterConflict,$namespace.SaveCrCheckpointCommand"
        { $task | Save-CrCheckpoint $first -Parent $first -Force -ErrorAction Stop } | Should -Throw -ErrorId "CheckpointRefused,$namespace.SaveCrCheckpointCommand"
    }

    It 'copies beforehand what a busy machine has' {
        $task | Resume-CrTask | Out-Null
        $saved = $task | Save-CrCheckpoint $whole -PreCopy 2 -Stop
        $saved.ChainLength | Should -Be 3
        Test-Path "$whole.1" | Should -BeTrue
        Test-Path "$whole.2" | Should -BeTrue
        $saved.PagesUnchanged | Should -BeGreaterThan 0
        $again = Restore-CrCheckpoint $whole -FilePath $counter
        $again | Receive-CrTask | Should -Not -BeNullOrEmpty
        $again | Remove-CrTask -Force
    }

    It 'replaces nothing with what it copies beforehand, and leaves none of it when it fails' {
        $task | Save-CrCheckpoint $whole -PreCopy 1 | Out-Null
        $old = [IO.File]::ReadAllBytes("$whole.1")
        ($task | Save-CrCheckpoint $whole -PreCopy 2 -Force).ParentPath | Should -Be "$whole.3"
        [Convert]::ToHexString([IO.File]::ReadAllBytes("$whole.1")) | Should -Be ([Convert]::ToHexString($old))
        # The second copy, and so the image itself, would be upon a chain of 64.
        $parent = $task | Save-CrCheckpoint (Join-Path $folder 0.cr)
        foreach ($i in 1..62) { $parent = $task | Save-CrCheckpoint (Join-Path $folder "$i.cr") -Parent $parent }
        { $task | Save-CrCheckpoint $third -Parent $parent -PreCopy 2 -ErrorAction Stop } | Should -Throw -ExpectedMessage '*merge it*' -ErrorId "CheckpointRefused,$namespace.SaveCrCheckpointCommand"
        Test-Path "$third.1" | Should -BeFalse
        Test-Path $third | Should -BeFalse
    }
}
