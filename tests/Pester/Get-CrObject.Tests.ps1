# Get-CrObject: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Get-CrObject' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image -RecordHash
        $v5 = Join-Path $TestDrive v5.cr
        $task | Save-CrCheckpoint $v5 -Format V5 -WarningAction SilentlyContinue | Out-Null
    }

    It 'lists the objects, by kind and by number' {
        (Get-CrObject $image).Kind | Should -Contain machine
        (Get-CrObject $image -Kind task, pro*ess | Select-Object -ExpandProperty Kind | Sort-Object -Unique) | Should -Be process, task
        ($checkpoint | Get-CrObject -Number 1).Kind | Should -Be machine
        @(Get-Item $image | Get-CrObject).Count | Should -Be @($checkpoint | Get-CrObject).Count
    }

    It 'gives fields as properties, and references as objects' {
        $saved = Get-CrObject $image -Kind task | Where-Object Pid -eq 2
        $saved.Process.Leader.Number | Should -Be $saved.Number
        $saved.ExitStatus | Should -Be 0
        $saved.Registers.Eip | Should -Be (Get-CrRegister $image).Eip
        @($saved.Memory.Regions).Count | Should -Be @(Get-CrVma $image).Count
        $saved.References.Kind | Should -Contain memory
    }

    It 'names what is not there, and v5 images' {
        { Get-CrObject $image -Number 99999 -ErrorAction Stop } | Should -Throw -ErrorId "ObjectNotFound,$namespace.GetCrObjectCommand"
        { Get-CrObject $v5 -ErrorAction Stop } | Should -Throw -ErrorId "NoObjects,$namespace.GetCrObjectCommand"
    }
}
