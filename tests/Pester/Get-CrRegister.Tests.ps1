# Get-CrRegister: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Get-CrRegister' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image
    }

    It 'looks into live tasks and images alike: <from>' -ForEach @(
        @{ from = 'a piped task'; look = { $task | Get-CrRegister } }
        @{ from = 'a number'; look = { Get-CrRegister -Id $task.Id } }
        @{ from = 'a property'; look = { [pscustomobject]@{ CrTaskId = $task.Id } | Get-CrRegister } }
        @{ from = 'a checkpoint'; look = { $checkpoint | Get-CrRegister } }
        @{ from = 'a path'; look = { Get-CrRegister $image } }
        @{ from = 'a literal path'; look = { Get-CrRegister -LiteralPath $image } }
        @{ from = 'a file'; look = { Get-Item $image | Get-CrRegister } }
    ) {
        $found = @(& $look)
        $found.Count | Should -BeGreaterOrEqual 1
        $found[0] | Should -BeOfType 'CheckpointRestart.PS.Objects.CrRegisters'
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

    It 'refuses a task that has ended' {
        $ended = Start-CrTask ([IO.Path]::Combine($guests, 'hello')) | Wait-CrTask -Timeout 30
        { $ended | Get-CrRegister -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$namespace.GetCrRegisterCommand"
        $ended | Remove-CrTask
    }

    It 'reports what is not there' {
        { Get-CrRegister -Id 999999 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$namespace.GetCrRegisterCommand"
        { Get-CrRegister (Join-Path $TestDrive none.cr) -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$namespace.GetCrRegisterCommand"
    }
}
