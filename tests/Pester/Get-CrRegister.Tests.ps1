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
