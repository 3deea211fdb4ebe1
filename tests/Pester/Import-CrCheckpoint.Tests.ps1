# Import-CrCheckpoint: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Import-CrCheckpoint' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 1e6
        $last = [int]@($task | Receive-CrTask)[-1]
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image
        $task | Remove-CrTask -Force
        $json = Join-Path $TestDrive counter.json
        Export-CrCheckpoint $image $json -Format Json -IncludePages | Out-Null
    }

    It 'makes the image again, which goes on where the first one would' {
        $again = Import-CrCheckpoint $json (Join-Path $TestDrive again.cr)
        $again | Should -BeOfType 'CheckpointRestart.PS.Objects.CrCheckpoint'
        $again.Path | Should -Be (Join-Path $TestDrive again.cr)
        $again.PagesStored | Should -Be $checkpoint.PagesStored
        @($again | Get-CrObject).Count | Should -Be @($checkpoint | Get-CrObject).Count
        $next = Restore-CrCheckpoint (Join-Path $TestDrive again.cr) -FilePath $counter
        [int]($next | Receive-CrTask -Wait | Select-Object -First 1) | Should -Be ($last + 1)
        $next | Remove-CrTask -Force
    }

    It 'takes what was edited' {
        $edited = Join-Path $TestDrive edited.json
        $text = [IO.File]::ReadAllText($json) -replace '"hostname": "[^"]*"', '"hostname": "edited"'
        [IO.File]::WriteAllText($edited, $text)
        $next = Get-ChildItem $edited | Import-CrCheckpoint | Restore-CrCheckpoint -FilePath $counter -Suspended
        $next.Machine.HostName | Should -Be edited
        $next | Remove-CrTask -Force
    }

    It 'takes pages from the image' {
        $numbers = Join-Path $TestDrive numbers.json
        Export-CrCheckpoint $image $numbers -Format Json | Out-Null
        Import-CrCheckpoint $numbers -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].ErrorDetails.RecommendedAction | Should -BeLike '*PagesFrom*'
        (Import-CrCheckpoint $numbers -PagesFrom $image).PagesStored | Should -Be $checkpoint.PagesStored
    }

    It 'says where the JSON is wrong' {
        $wrong = Join-Path $TestDrive wrong.json
        [IO.File]::WriteAllText($wrong, [IO.File]::ReadAllText($json).Replace('"kind": "machine"', '"kind": "engine"'))
        { Import-CrCheckpoint $wrong -ErrorAction Stop } | Should -Throw -ErrorId "InvalidJson,$namespace.ImportCrCheckpointCommand"
        { Import-CrCheckpoint $wrong -ErrorAction Stop } | Should -Throw '*objects?0?.kind*'
        { Import-CrCheckpoint $counter -ErrorAction Stop } | Should -Throw '*line 1*'
        { Import-CrCheckpoint (Join-Path $TestDrive none.json) -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$namespace.ImportCrCheckpointCommand"
    }

    It 'makes nothing with -WhatIf, and replaces nothing without -Force' {
        $target = Join-Path $TestDrive target.cr
        Import-CrCheckpoint $json $target -WhatIf
        Test-Path $target | Should -BeFalse
        Import-CrCheckpoint $json $target | Out-Null
        { Import-CrCheckpoint $json $target -ErrorAction Stop } | Should -Throw -ErrorId "FileExists,$namespace.ImportCrCheckpointCommand"
        (Import-CrCheckpoint $json $target -Force).Path | Should -Be $target
    }
}
