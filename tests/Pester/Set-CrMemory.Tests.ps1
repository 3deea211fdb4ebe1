# Set-CrMemory: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $stepper = [IO.Path]::Combine($guests, 'stepper')
    $id = 'CheckpointRestart.PS.Commands.SetCrMemoryCommand'
    $data = 0x08049170
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Set-CrMemory' {
    BeforeEach { $task = Start-CrTask $stepper -Suspended }
    AfterEach { Get-CrTask | Remove-CrTask -Force }

    It 'writes <what>' -ForEach @(
        @{ what = 'bytes'; with = @{ Value = [byte[]](1, 2, 255) }; bytes = 1, 2, 255 }
        @{ what = 'a list of numbers'; with = @{ Value = (1, 2, 255) }; bytes = 1, 2, 255 }
        @{ what = 'one byte'; with = @{ Value = 7 }; bytes = 7, 0 }
        @{ what = 'a word'; with = @{ Value = [uint16]0x1234 }; bytes = 0x34, 0x12, 0 }
        @{ what = 'a double word'; with = @{ Value = [uint32]0x12345678 }; bytes = 0x78, 0x56, 0x34, 0x12, 0 }
        @{ what = 'a quad word'; with = @{ Value = [uint64]1 }; bytes = 1, 0, 0, 0, 0, 0, 0, 0 }
        @{ what = 'text'; with = @{ Value = "h$([char]0xe9)" }; bytes = 0x68, 0xc3, 0xa9, 0 }
        @{ what = 'text of an encoding'; with = @{ Value = 'hi'; Encoding = 'unicode' }; bytes = 0x68, 0, 0x69, 0 }
        @{ what = 'hexadecimal digits'; with = @{ HexString = '0x0A ff-00 Cd' }; bytes = 10, 255, 0, 0xcd }
    ) {
        $task | Set-CrMemory $data @with
        $task | Get-CrMemory -Address $data -Length $bytes.Count -AsByteStream | Should -Be $bytes
    }

    It 'takes a task as others do, and gives it with -PassThru' {
        Set-CrMemory $data 1 -Id $task.Id
        [pscustomobject]@{ CrTaskId = $task.Id } | Set-CrMemory ($data + 1) 2
        (Set-CrMemory ($data + 3) 4 -Name step* -PassThru).Id | Should -Be $task.Id
        (Set-CrMemory -Task $task -Address ($data + 2) -Value 3 -PassThru).Id | Should -Be $task.Id
        $task | Get-CrMemory -Address $data -Length 5 -AsByteStream | Should -Be 1, 2, 3, 4, 0
    }

    It 'writes what the program then reads and runs' {
        $task | Set-CrMemory 0x08048160 HELLO
        # on_illegal goes on behind UD2 by itself; with NOPs in its place it is never asked.
        $task | Set-CrMemory 0x080480e3 -HexString '90 90'
        $task | Step-CrTask -Until print -PassThru | Get-CrMemory -Address 0x08049170 -Length 1 -AsByteStream | Should -Be 0
        $task | Resume-CrTask | Receive-CrTask -Wait | Should -Be '120 HELLO'
    }

    It 'leaves the file as it is' {
        $task | Set-CrMemory 0x08048160 HELLO
        Start-CrTask $stepper -Wait | Should -Be '120 hello'
    }

    It 'writes all or nothing' {
        $end = ($task | Get-CrVma -Address $data).End
        { $task | Set-CrMemory ($end - 1) (1, 2) -ErrorAction Stop } | Should -Throw -ErrorId "AddressNotWritable,$id"
        $task | Get-CrMemory -Address ($end - 1) -Length 1 -AsByteStream | Should -Be 0
        { $task | Set-CrMemory 0x1000 1 -ErrorAction Stop } | Should -Throw -ErrorId "AddressNotWritable,$id"
        { $task | Set-CrMemory 0xffffffff (1, 2) } | Should -Throw -ErrorId "AddressNotWritable,$id"
    }

    It 'refuses what are no bytes: <with.Values>' -ForEach @(
        @{ with = @{ Value = 256 } }
        @{ with = @{ Value = -1 } }
        @{ with = @{ Value = (1, 300) } }
        @{ with = @{ Value = 1.5 } }
        @{ with = @{ Value = '' } }
        @{ with = @{ HexString = '123' } }
        @{ with = @{ HexString = 'xy' } }
    ) {
        { $task | Set-CrMemory $data @with } | Should -Throw -ErrorId "InvalidMemoryValue,$id"
    }

    It 'wants one of -Value and -HexString' {
        { $task | Set-CrMemory $data } | Should -Throw -ErrorId "ValueOrHexString,$id"
        { $task | Set-CrMemory $data 1 -HexString 00 } | Should -Throw -ErrorId "ValueOrHexString,$id"
    }

    It 'does not touch a task that runs or has ended' {
        $spin = Start-CrTask ([IO.Path]::Combine($guests, 'spin'))
        { $spin | Set-CrMemory 0x08048000 1 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFrozen,$id"
        $spin | Stop-CrTask
        { $spin | Set-CrMemory 0x08048000 1 -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$id"
        { Set-CrMemory 0x08048000 1 -Id 999999 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$id"
    }

    It 'does nothing with -WhatIf' {
        $task | Set-CrMemory $data 1 -WhatIf
        $task | Get-CrMemory -Address $data -Length 1 -AsByteStream | Should -Be 0
    }

    It 'makes changed copies of images of <format>' -ForEach @(@{ format = 'Extended' }, @{ format = 'V5' }) {
        $image = Join-Path $TestDrive "before-$format.cr"
        $target = Join-Path $TestDrive "after-$format.cr"
        $task | Save-CrCheckpoint $image -Format $format -WarningAction SilentlyContinue | Out-Null
        $made = @(Get-CrCheckpoint $image | Set-CrMemory 0xbffffe00 ([uint32]7); Set-CrMemory 0xbffffe00 ([uint32]7) -Path $image; Set-CrMemory 0xbffffe00 ([uint32]7) -LiteralPath $image; (Get-CrCheckpoint $image).Tasks | Set-CrMemory 0xbffffe00 ([uint32]7))
        $made.Count | Should -Be 4
        foreach ($one in $made) { ($one | Get-CrMemory -Address 0xbffffe00 -Length 4).Hex | Should -Be '07 00 00 00' }
        Set-CrMemory 0xbffffe00 ([uint32]7) -Path $image -DestinationPath $target -WhatIf | Should -BeNullOrEmpty
        Test-Path $target | Should -BeFalse
        $one = Set-CrMemory 0xbffffe00 ([uint32]7) -Path $image -DestinationPath $target
        $one.Path | Should -Be $target
        $one.Format | Should -Be $format
        { Set-CrMemory 0xbffffe00 ([uint32]7) -Path $image -DestinationPath $target -ErrorAction Stop } | Should -Throw -ErrorId 'FileExists,CheckpointRestart.PS.Commands.SetCrMemoryCommand'
        { Set-CrMemory 0xbffffe00 ([uint32]7) -Path $image -ProcessId 99 -ErrorAction Stop } | Should -Throw -ErrorId 'TaskNotInImage,CheckpointRestart.PS.Commands.SetCrMemoryCommand'
        { Set-CrMemory 0xbffffe00 ([uint32]7) -Path (Join-Path $TestDrive none.cr) -ErrorAction Stop } | Should -Throw -ErrorId 'PathNotFound,CheckpointRestart.PS.Commands.SetCrMemoryCommand'
        (Test-CrCheckpoint $target).Problems | Should -BeNullOrEmpty
    }
}
