# Convert-CrCheckpoint: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Convert-CrCheckpoint' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image -RecordHash
        $v5 = Join-Path $TestDrive v5.cr
        $task | Save-CrCheckpoint $v5 -Format V5 -WarningAction SilentlyContinue | Out-Null
    }

    It 'makes v5 of Extended and back, and the state is the same' {
        $path = Join-Path $TestDrive converted.cr
        $old = Convert-CrCheckpoint $image $path -Format V5 -FilePath $counter -WarningAction SilentlyContinue
        $old.Format | Should -Be V5
        $again = Convert-CrCheckpoint $path -Format Extended -FilePath $counter
        $again.Format | Should -Be Extended
        ($again | Get-CrStateHash -FilePath $counter).Hash | Should -Be ($task | Get-CrStateHash).Hash
    }

    It 'says what stands in the way' {
        $pipes = Start-CrTask ([IO.Path]::Combine($guests, 'pipeholder'))
        foreach ($i in 1..6000) { if ($pipes | Receive-CrTask | Where-Object { $_ -like '*ready*' }) { break }; [Threading.Thread]::Sleep(10) }
        { $pipes | Save-CrCheckpoint | Convert-CrCheckpoint -Format V5 -ErrorAction Stop } | Should -Throw -ExpectedMessage '*is a pipe*' -ErrorId "CheckpointRefused,$namespace.ConvertCrCheckpointCommand"
        $pipes | Remove-CrTask -Force
    }

    It 'replaces no file without -Force, and nothing with -WhatIf' {
        { Convert-CrCheckpoint $image $v5 -Format V5 -FilePath $counter -ErrorAction Stop } | Should -Throw -ErrorId "FileExists,$namespace.ConvertCrCheckpointCommand"
        Convert-CrCheckpoint $image (Join-Path $TestDrive none.cr) -Format V5 -FilePath $counter -WhatIf | Should -BeNullOrEmpty
        Test-Path (Join-Path $TestDrive none.cr) | Should -BeFalse
    }
}
