# Get-CrMachine: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Get-CrMachine' {
    BeforeAll { $task = Start-CrTask /counter -Root $guests -Clock Virtual -Seed 9 -Suspended }
    AfterAll { $task | Remove-CrTask -Force }

    It 'gives the machine of a task' {
        $machine = Get-CrMachine $task.MachineId
        $machine | Should -BeOfType 'CheckpointRestart.PS.Objects.CrMachine'
        $machine.Clock | Should -Be Virtual
        $machine.Seed | Should -Be 9
        $machine.Root | Should -Be $guests
        $machine.RootWritable | Should -BeFalse
        $machine.Tasks.Id | Should -Be $task.Id
    }

    It 'gives all machines' { @(Get-CrMachine).Id | Should -Contain $task.MachineId }

    It 'reports a number that is not there' {
        { Get-CrMachine 999999 -ErrorAction Stop } | Should -Throw -ErrorId "MachineNotFound,$namespace.GetCrMachineCommand"
    }
}
