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

    It 'names a process that is not there, and v5 images' {
        { $checkpoint | Export-CrCheckpoint -DestinationPath (Join-Path $TestDrive none) -Format Core -ProcessId 77 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotInImage,$namespace.ExportCrCheckpointCommand"
        { Export-CrCheckpoint $v5 (Join-Path $TestDrive none) -Format Json -ErrorAction Stop } | Should -Throw -ErrorId "NoObjects,$namespace.ExportCrCheckpointCommand"
    }
}
