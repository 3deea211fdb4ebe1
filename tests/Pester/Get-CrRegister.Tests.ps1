# Get-CrRegister: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

. ([IO.Path]::Combine($PSScriptRoot, 'Inspection.ps1')) Get-CrRegister -Type CrRegisters

Describe 'Get-CrRegister' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image
    }

    It 'gives the same of the task as of its image' {
        $live = $task | Get-CrRegister
        $saved = Get-CrRegister $image
        foreach ($name in 'Eax', 'Ebx', 'Ecx', 'Edx', 'Esi', 'Edi', 'Ebp', 'Esp', 'Eip', 'Eflags', 'Cs', 'Ss', 'OrigEax', 'UsedMath') { $saved.$name | Should -Be $live.$name }
        $saved.Cs | Should -Be 0x73
        $saved.Ss | Should -Be 0x7b
        $saved.FxSave.Length | Should -Be 512
    }

    It 'gives registers by name, with wildcards' {
        $found = Get-CrRegister $image -Name e?x
        $found.Name | Should -Be eax, ebx, ecx, edx
        $found[0] | Should -BeOfType 'CheckpointRestart.PS.Objects.CrRegister'
        ($task | Get-CrRegister -Name eip).Value | Should -Be ($task | Get-CrRegister).Eip
    }

    It 'refuses a register that is not there' {
        { Get-CrRegister $image -Name rax -ErrorAction Stop } | Should -Throw -ErrorId "RegisterNotFound,$namespace.GetCrRegisterCommand"
    }
}

Describe 'Get-CrRegister -All' {
    BeforeAll {
        $task = Start-CrTask ([IO.Path]::Combine($guests, 'stepper')) -Suspended | Step-CrTask -Until main+0x2e -PassThru
        $image = Join-Path $TestDrive stepper.cr
        $checkpoint = $task | Save-CrCheckpoint $image
        $all = $task | Get-CrRegister -All
        function Get-Text([string] $Name) { $all.Where({ $_.Name -eq $Name }).Text }
    }

    It 'gives every register once' {
        $all.Name.Count | Should -Be 56
        @($all.Name | Select-Object -Unique).Count | Should -Be 56
        foreach ($register in $all) {
            $register.Hex.Length | Should -Be (2 * $register.Bytes.Count)
            $register.Source | Should -Be "task $($task.Id) (stepper)"
        }
    }

    It 'gives the same of the task as of its images' {
        $expected = $all.ForEach({ "$_ $($_.Text)" })
        (Get-CrRegister $image -All).ForEach({ "$_ $($_.Text)" }) | Should -Be $expected
        ($checkpoint | Get-CrRegister -All).ForEach({ "$_ $($_.Text)" }) | Should -Be $expected
    }

    It 'shows the x87 stack' {
        $st = $all.Where({ $_.Kind -eq 'FloatingPoint' })
        $st.Count | Should -Be 8
        $st[0].Value | Should -Be 1
        $st[1].Value | Should -Be ([Math]::PI)
        $st[1].Hex | Should -Be 4000c90fdaa22168c235
        $st[0].Tag, $st[1].Tag, $st[2].Tag | Should -Be Valid, Valid, Empty
        $st[0].Number, $st[1].Number, $st[2].Number | Should -Be 6, 7, 0
        Get-Text fsw | Should -Be 'top 6'
        Get-Text fcw | Should -Be 'round to nearest, precision 64, masked all'
        Get-Text ftw | Should -Be 'empty empty empty empty empty empty valid valid'
        ($task | Get-CrRegister -Name ftw).Value | Should -Be 0x0fff
    }

    It 'shows MMX registers by number' {
        ($all.Where({ $_.Name -eq 'mm7' }))[0].Hex | Should -Be c90fdaa22168c235
        Get-Text mm6 | Should -Be 'int16 0 0 0 -32768'
    }

    It 'shows SSE registers as lanes' {
        $xmm = $task | Get-CrRegister -Name xmm1
        $xmm.Single | Should -Be 1, 2, 3, 4
        $xmm.Int32[0] | Should -Be 0x3f800000
        $xmm.Double[0] | Should -Be ([BitConverter]::Int64BitsToDouble(0x400000003f800000))
        $xmm.Int16[1] | Should -Be 0x3f80
        $xmm.Int64[0] | Should -Be 0x400000003f800000
        $xmm.Text | Should -BeLike 'float 1 2 3 4 *'
        Get-Text mxcsr | Should -Be 'round to nearest, masked all'
    }

    It 'shows segments, flags and debug registers' {
        $cs = $task | Get-CrRegister -Name cs
        $cs.Base, $cs.Limit | Should -Be 0, 4294967295
        $cs.Text | Should -Be 'base 00000000 limit ffffffff code, readable, 32-bit'
        Get-Text gs | Should -Be null
        Get-Text eflags | Should -Match '\bIF\b'
        Get-Text dr0 | Should -Be off
        $changed = $task | Set-CrRegister dr0 0x08049170 -PassThru | Set-CrRegister dr7 0x000d0001 -PassThru
        ($changed | Get-CrRegister -Name dr0).Text | Should -Be 'on writing, 4 bytes'
        ($changed | Get-CrRegister -Name dr7).Text | Should -Be 'on: dr0'
        $task | Set-CrRegister dr7 0 -PassThru | Set-CrRegister dr0 0
    }

    It 'names what the control words say' -ForEach @(
        @{ name = 'eflags'; value = 0x244cd5; text = 'CF PF AF ZF SF IF DF OF NT AC ID' }
        @{ name = 'fcw'; value = 0x0e7a; text = 'round to zero, precision 53, masked DE OE UE PE' }
        @{ name = 'fcw'; value = 0x0440; text = 'round down, precision 24, masked none' }
        @{ name = 'fsw'; value = 0x7d41; text = 'top 7, C0 C2 C3, IE, stack fault' }
        @{ name = 'mxcsr'; value = 0xc0c2; text = 'round up, flush to zero, denormals are zero, masked IE, DE' }
        @{ name = 'dr6'; value = 0x4003; text = 'B0 B1 BS' }
    ) {
        $before = ($task | Get-CrRegister -Name $name).Value
        $task | Set-CrRegister $name $value
        ($task | Get-CrRegister -Name $name).Text | Should -Be $text
        $task | Set-CrRegister $name $before
    }

    It 'leaves out what the processor does not have' {
        $old = Start-CrTask ([IO.Path]::Combine($guests, 'spin')) -Suspended -Cpu i586
        $names = ($old | Get-CrRegister -All).Name
        $names | Should -Contain st7
        $names | Should -Not -Contain xmm0
        { $old | Get-CrRegister -Name mxcsr -ErrorAction Stop } | Should -Throw -ErrorId "RegisterNotFound,$namespace.GetCrRegisterCommand"
        { $old | Set-CrRegister xmm0 1 -ErrorAction Stop } | Should -Throw -ErrorId "RegisterNotFound,$namespace.SetCrRegisterCommand"
        $old | Remove-CrTask -Force
    }

    It 'is shown as a table' {
        $text = $task | Get-CrRegister -All | Out-String -Width 120
        $text | Should -Match '(?m)^st1 +4000c90fdaa22168c235 +valid 3\.14159265358979'
        $text | Should -Match '(?m)^xmm1 +4080000040400000400000003f800000 +float 1 2 3 4'
    }

    It 'is not -Name' {
        { $task | Get-CrRegister -All -Name eax } | Should -Throw -ErrorId "AllAndName,$namespace.GetCrRegisterCommand"
    }
}
