# Export-CrCheckpoint: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Export-CrCheckpoint' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image -RecordHash
        $v5 = Join-Path $TestDrive v5.cr
        $task | Save-CrCheckpoint $v5 -Format V5 -WarningAction SilentlyContinue | Out-Null
    }

    It 'writes all objects as JSON' {
        $file = $checkpoint | Export-CrCheckpoint -DestinationPath (Join-Path $TestDrive x.json) -Format Json
        $read = [Text.Json.JsonDocument]::Parse([IO.File]::ReadAllText($file.FullName)).RootElement
        $read.GetProperty('objects').GetArrayLength() | Should -Be @($checkpoint | Get-CrObject).Count
    }

    It 'writes a core file' {
        $file = Export-CrCheckpoint $image (Join-Path $TestDrive core) -Format Core -FilePath $counter
        $bytes = [IO.File]::ReadAllBytes($file.FullName)
        # ELF, 32 bits, little-endian; a core file for the 80386.
        $bytes[0..5] | Should -Be 0x7f, 0x45, 0x4c, 0x46, 1, 1
        $bytes[16], $bytes[18] | Should -Be 4, 3
    }

    It 'writes a page whose map has the regions of Get-CrVma' {
        $file = Export-CrCheckpoint $image (Join-Path $TestDrive x.html) -Format Html
        $file.Length | Should -BeLessThan 1MB
        $page = [IO.File]::ReadAllText($file.FullName)
        $page | Should -Match "<meta http-equiv=`"Content-Security-Policy`" content=`"default-src 'none'; script-src 'sha256-"
        $page | Should -Not -Match '(src|href)="(https?:)?//'
        $data = [Text.Json.JsonDocument]::Parse([regex]::Match($page, '(?s)<script type="application/json" id="data">(.*?)</script>').Groups[1].Value).RootElement
        $drawn = foreach ($region in $data.GetProperty('memories')[0].GetProperty('regions').EnumerateArray()) { "$($region.GetProperty('start')) $($region.GetProperty('end')) $($region.GetProperty('permissions'))" }
        $drawn | Should -Be (Get-CrVma $image | ForEach-Object { "$($_.Start) $($_.End) $($_.Permissions)" })
        $data.GetProperty('image').GetProperty('label').GetString() | Should -Be counter.cr
    }

    It 'writes what has changed since a <since>' -ForEach @(
        @{ since = 'path'; reference = { $image } }
        @{ since = 'checkpoint'; reference = { Get-CrCheckpoint $image } }
        @{ since = 'live task'; reference = { $task } }
    ) {
        $other = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300500
        $file = $other | Save-CrCheckpoint | Export-CrCheckpoint -DestinationPath (Join-Path $TestDrive change.html) -Format Html -ReferenceObject (& $reference) -Force
        [IO.File]::ReadAllText($file.FullName) | Should -Match '"difference":{"reference":".*?"counts":{[^}]*"register":'
        $other | Remove-CrTask -Force
    }

    It 'brings the bytes of all pages when asked to, and code with the program at hand' {
        $page = { param($with) [IO.File]::ReadAllText((Export-CrCheckpoint $image (Join-Path $TestDrive y.html) -Format Html -Force @with).FullName) }
        $code = '"code":\[{"address"'
        & $page @{} | Should -Not -Match $code
        & $page @{ FilePath = $counter; IncludePages = $true } | Should -Match $code
    }

    It 'writes pages of v5 images too, and nothing with -WhatIf' {
        (Export-CrCheckpoint $v5 (Join-Path $TestDrive v5.html) -Format Html).Length | Should -BeGreaterThan 10KB
        Export-CrCheckpoint $v5 (Join-Path $TestDrive none.html) -Format Html -WhatIf
        Join-Path $TestDrive none.html | Should -Not -Exist
    }

    It 'refuses what only another format has, and what is no checkpoint' {
        { Export-CrCheckpoint $image (Join-Path $TestDrive none) -Format Json -ReferenceObject $image } | Should -Throw -ErrorId "ParameterConflict,$namespace.ExportCrCheckpointCommand"
        { Export-CrCheckpoint $image (Join-Path $TestDrive none) -Format Html -ProcessId 2 } | Should -Throw -ErrorId "ParameterConflict,$namespace.ExportCrCheckpointCommand"
        { Export-CrCheckpoint $image (Join-Path $TestDrive none) -Format Html -ReferenceObject 5 -ErrorAction Stop } | Should -Throw -ErrorId "NotComparable,$namespace.ExportCrCheckpointCommand"
        { Export-CrCheckpoint $image (Join-Path $TestDrive none) -Format Html -ReferenceObject (Join-Path $TestDrive nothing.cr) -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$namespace.ExportCrCheckpointCommand"
        Join-Path $TestDrive none | Should -Not -Exist
    }

    It 'names a process that is not there, and v5 images' {
        { $checkpoint | Export-CrCheckpoint -DestinationPath (Join-Path $TestDrive none) -Format Core -ProcessId 77 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotInImage,$namespace.ExportCrCheckpointCommand"
        { Export-CrCheckpoint $v5 (Join-Path $TestDrive none) -Format Json -ErrorAction Stop } | Should -Throw -ErrorId "NoObjects,$namespace.ExportCrCheckpointCommand"
    }
}
