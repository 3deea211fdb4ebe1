# Set-CrRegister: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $stepper = [IO.Path]::Combine($guests, 'stepper')
    $id = 'CheckpointRestart.PS.Commands.SetCrRegisterCommand'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Set-CrRegister' {
    BeforeEach { $task = Start-CrTask $stepper -Suspended }
    AfterEach { Get-CrTask | Remove-CrTask -Force }

    It 'sets <name> to <value>' -ForEach @(
        @{ name = 'eax'; value = 5; hex = '00000005' }
        @{ name = 'EBX'; value = -1; hex = 'ffffffff' }
        @{ name = 'ecx'; value = 4294967295; hex = 'ffffffff' }
        @{ name = 'edx'; value = '0x12'; hex = '00000012' }
        @{ name = 'esi'; value = '12'; hex = '0000000c' }
        @{ name = 'edi'; value = '-0x1'; hex = 'ffffffff' }
        @{ name = 'ebp'; value = 1e6; hex = '000f4240' }
        @{ name = 'esp'; value = 0xbfff0000; hex = 'bfff0000' }
        @{ name = 'eip'; value = 0x080480f3; hex = '080480f3' }
        @{ name = 'eflags'; value = 'Zero'; hex = $null }
        @{ name = 'eflags'; value = 0x41; hex = '00000243' }
        @{ name = 'gs'; value = 0x7b; hex = '007b' }
        @{ name = 'st0'; value = 1.5; hex = '3fffc000000000000000' }
        @{ name = 'st1'; value = -2; hex = 'c0008000000000000000' }
        @{ name = 'st2'; value = '0x4000c90fdaa22168c235'; hex = '4000c90fdaa22168c235' }
        @{ name = 'st3'; value = 'NaN'; hex = 'ffffc000000000000000' }
        @{ name = 'st4'; value = '5e-324'; hex = '3bcd8000000000000000' }
        @{ name = 'st5'; value = '-Infinity'; hex = 'ffff8000000000000000' }
        @{ name = 'st6'; value = 0; hex = '00000000000000000000' }
        @{ name = 'st7'; value = 1.7976931348623157e308; hex = '43fefffffffffffff800' }
        @{ name = 'fcw'; value = 0x27f; hex = '027f' }
        @{ name = 'mm3'; value = '0x1122334455667788'; hex = '1122334455667788' }
        @{ name = 'xmm0'; value = '0x00112233445566778899aabbccddeeff'; hex = '00112233445566778899aabbccddeeff' }
        @{ name = 'xmm1'; value = (1.0, 2, 3, 4); hex = '4080000040400000400000003f800000' }
        @{ name = 'xmm2'; value = (1.0, 2.0); hex = '40000000000000003ff0000000000000' }
        @{ name = 'xmm3'; value = (1, 2, 3, 4); hex = '00000004000000030000000200000001' }
        @{ name = 'xmm4'; value = (1, -1); hex = 'ffffffffffffffff0000000000000001' }
        @{ name = 'xmm5'; value = [byte[]](1..16); hex = '100f0e0d0c0b0a090807060504030201' }
        @{ name = 'mxcsr'; value = 0x9fc0; hex = '00009fc0' }
        @{ name = 'dr0'; value = 0x08049170; hex = '08049170' }
        @{ name = 'dr7'; value = 0x000d0001; hex = '000d0401' }
    ) {
        if ($null -eq $hex) {
            { $task | Set-CrRegister $name $value } | Should -Throw -ErrorId "InvalidRegisterValue,$id"
            return
        }
        $task | Set-CrRegister $name $value
        ($task | Get-CrRegister -Name $name).Hex | Should -Be $hex
    }

    It 'takes a task as others do, and gives it with -PassThru' {
        Set-CrRegister eax 1 -Id $task.Id
        [pscustomobject]@{ CrTaskId = $task.Id } | Set-CrRegister ebx 2
        $task | Get-CrInstruction -Count 1 | Set-CrRegister ecx 3
        $given = Set-CrRegister -Task $task -Name edx -Value 4 -PassThru
        Set-CrRegister -TaskName $task.Name esi 5
        ($task | Get-CrRegister).Esi | Should -Be 5
        $given.Id | Should -Be $task.Id
        $found = $given | Get-CrRegister
        $found.Eax, $found.Ebx, $found.Ecx, $found.Edx | Should -Be 1, 2, 3, 4
        $task | Set-CrRegister eax 0 | Should -BeNullOrEmpty
    }

    It 'counts for the program' {
        $task | Step-CrTask -Until main+0xd -PassThru | Set-CrRegister eax 42
        $task | Resume-CrTask | Receive-CrTask -Wait | Should -Be '042 hello'
    }

    It 'refuses <value> in <name>' -ForEach @(
        @{ name = 'eax'; value = 4294967296 }
        @{ name = 'eax'; value = 1.5 }
        @{ name = 'eax'; value = 'abc' }
        @{ name = 'eax'; value = '0x' }
        @{ name = 'eax'; value = (1, 2) }
        @{ name = 'eax'; value = $true }
        @{ name = 'cs'; value = 0x10000 }
        @{ name = 'st0'; value = 'many' }
        @{ name = 'xmm0'; value = (1, 2, 3) }
        @{ name = 'xmm0'; value = (1.5, 2, 3, 4, 5, 6, 7, 8) }
    ) {
        { $task | Set-CrRegister $name $value } | Should -Throw -ErrorId "InvalidRegisterValue,$id"
    }

    It 'refuses what the processor or Linux would: <value> in <name>' -ForEach @(
        @{ name = 'eflags'; value = 0x3000 }
        @{ name = 'cs'; value = 0x7b }
        @{ name = 'ss'; value = 0 }
        @{ name = 'gs'; value = 0x33 }
        @{ name = 'mxcsr'; value = 0x10000 }
        @{ name = 'fcw'; value = 0x2000 }
        @{ name = 'dr0'; value = 0xc0000000 }
        @{ name = 'dr7'; value = 0x00020001 }
    ) {
        $before = ($task | Get-CrStateHash -Scope Full).Hash
        { $task | Set-CrRegister $name $value -ErrorAction Stop } | Should -Throw -ErrorId "InvalidRegisterValue,$id"
        ($task | Get-CrStateHash -Scope Full).Hash | Should -Be $before
    }

    It 'refuses a register that is not there' {
        { $task | Set-CrRegister rax 1 } | Should -Throw -ErrorId "RegisterNotFound,$id"
        { $task | Set-CrRegister orig_eax 1 } | Should -Throw -ErrorId "RegisterNotFound,$id"
    }

    It 'refuses what a system call will set' {
        $reader = Start-CrTask ([IO.Path]::Combine($guests, 'readblock')) -Suspended
        $reader | Step-CrTask -Count 1e6 -ErrorAction Ignore
        { $reader | Set-CrRegister eax 1 -ErrorAction Stop } | Should -Throw -ErrorId "TaskInSystemCall,$id"
    }

    It 'does not touch a task that runs or has ended' {
        $spin = Start-CrTask ([IO.Path]::Combine($guests, 'spin'))
        { $spin | Set-CrRegister eax 1 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFrozen,$id"
        $spin | Stop-CrTask
        { $spin | Set-CrRegister eax 1 -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$id"
        { Set-CrRegister eax 1 -Id 999999 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$id"
    }

    It 'does nothing with -WhatIf' {
        $task | Set-CrRegister eax 7 -WhatIf
        ($task | Get-CrRegister).Eax | Should -Be 0
    }

    It 'completes registers' {
        $line = 'Set-CrRegister xm'
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain xmm7
    }

    It 'makes changed copies of images of <format>' -ForEach @(@{ format = 'Extended' }, @{ format = 'V5' }) {
        $image = Join-Path $TestDrive "before-$format.cr"
        $target = Join-Path $TestDrive "after-$format.cr"
        $task | Save-CrCheckpoint $image -Format $format -WarningAction SilentlyContinue | Out-Null
        $made = @(Get-CrCheckpoint $image | Set-CrRegister ebx 7; Set-CrRegister ebx 7 -Path $image; Set-CrRegister ebx 7 -LiteralPath $image; (Get-CrCheckpoint $image).Tasks | Set-CrRegister ebx 7)
        $made.Count | Should -Be 4
        foreach ($one in $made) { ($one | Get-CrRegister).Ebx | Should -Be 7 }
        Set-CrRegister ebx 7 -Path $image -DestinationPath $target -WhatIf | Should -BeNullOrEmpty
        Test-Path $target | Should -BeFalse
        $one = Set-CrRegister ebx 7 -Path $image -DestinationPath $target
        $one.Path | Should -Be $target
        $one.Format | Should -Be $format
        { Set-CrRegister ebx 7 -Path $image -DestinationPath $target -ErrorAction Stop } | Should -Throw -ErrorId 'FileExists,CheckpointRestart.PS.Commands.SetCrRegisterCommand'
        { Set-CrRegister ebx 7 -Path $image -ProcessId 99 -ErrorAction Stop } | Should -Throw -ErrorId 'TaskNotInImage,CheckpointRestart.PS.Commands.SetCrRegisterCommand'
        { Set-CrRegister ebx 7 -Path (Join-Path $TestDrive none.cr) -ErrorAction Stop } | Should -Throw -ErrorId 'PathNotFound,CheckpointRestart.PS.Commands.SetCrRegisterCommand'
        (Test-CrCheckpoint $target).Problems | Should -BeNullOrEmpty
    }
}
