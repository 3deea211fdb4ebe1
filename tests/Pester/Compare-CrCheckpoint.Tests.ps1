# Compare-CrCheckpoint: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Compare-CrCheckpoint' {
    BeforeEach {
        $task = Start-CrTask $counter -Suspended -Clock Virtual | Wait-CrTask -Instruction 300000
        $before = $task | Save-CrCheckpoint
    }

    AfterEach { $task | Remove-CrTask -Force }

    It 'finds nothing where nothing has changed' {
        Compare-CrCheckpoint $before $task | Should -BeNullOrEmpty
    }

    It 'finds a register that was set' {
        $old = ($task | Get-CrRegister).Esi
        $task | Set-CrRegister esi 0x1234
        $found = @(Compare-CrCheckpoint $before $task)
        $found.Count | Should -Be 1
        $found[0].Kind | Should -Be Register
        $found[0].Name | Should -Be esi
        $found[0].ProcessId | Should -Be $task.ProcessId
        $found[0].ReferenceValue | Should -Be $old
        $found[0].DifferenceValue | Should -Be 0x1234
    }

    It 'finds xmm registers one by one' {
        $task | Set-CrRegister xmm3 0x55
        @(Compare-CrCheckpoint $before $task -Kind Register).Where({ $_.Name -like 'xmm*' }).Name | Should -Be xmm3
    }

    It 'finds bytes of memory, with their symbol' {
        $stack = $task | Get-CrVma | Where-Object Name -eq '[stack]'
        $address = $stack.End - 2048
        $old = $task | Get-CrMemory -Address $address -Length 4 -Raw
        $task | Set-CrMemory $address ([byte[]]($old.ForEach({ $_ -bxor 0xff })))
        $found = @(Compare-CrCheckpoint $before $task -Kind Memory)
        $found.Count | Should -Be 1
        $found[0].ToString() | Should -BeLike 'Memory *'
        $found[0].PSObject.Properties['Address'].Value | Should -Be $address
        $found[0].PSObject.Properties['Length'].Value | Should -Be 4
        $found[0].ReferenceValue | Should -Be $old
        $found[0].Symbol | Should -BeLike '`[stack`]+0x*'
    }

    It 'finds what running has changed, in files and checkpoints alike' {
        $one = Join-Path $TestDrive one.cr
        $two = Join-Path $TestDrive two.cr
        $task | Save-CrCheckpoint $one | Out-Null
        $task | Wait-CrTask -Instruction 310000 | Out-Null
        $late = $task | Save-CrCheckpoint $two
        $found = @(Compare-CrCheckpoint $one $two)
        $found.Where({ $_.Name -eq 'retired' }).DifferenceValue | Should -Be 310000
        @(Compare-CrCheckpoint $before $late).Count | Should -Be $found.Count
        @(Get-Item $two | Compare-CrCheckpoint $one).Count | Should -Be $found.Count
        @($before, $late, $task | Compare-CrCheckpoint -Sequence).Count | Should -Be $found.Count
        $found[0].ReferenceSource | Should -Be $one
    }

    It 'compares the task that a v5 image holds' {
        $old = Join-Path $TestDrive old.cr
        $task | Save-CrCheckpoint $old -Format V5 -Force | Out-Null
        Compare-CrCheckpoint $old $task | Should -BeNullOrEmpty
        $task | Set-CrRegister edi 77
        (Compare-CrCheckpoint $old $task).Name | Should -Be edi
    }

    It 'names tasks that came' {
        $threads = Start-CrTask ([IO.Path]::Combine($guests, 'twothreads')) -Suspended -Clock Virtual
        $alone = $threads | Save-CrCheckpoint
        $threads | Wait-CrTask -Instruction 5000 | Out-Null
        $found = @(Compare-CrCheckpoint $alone $threads).Where({ $_.Kind -eq 'Task' -and $_.Change -eq 'Added' -and $_.Name -eq 'task' })
        $found.Count | Should -Be 1
        $found[0].ProcessId | Should -Be ($threads.ProcessId + 1)
        $found[0].DifferenceValue | Should -BeLike 'task * (twothreads)'
    }

    It 'reports what cannot be compared, and goes on' {
        @(5, $task | Compare-CrCheckpoint $before -ErrorVariable failed -ErrorAction SilentlyContinue).Count | Should -Be 0
        $failed[0].FullyQualifiedErrorId | Should -Be "NotComparable,$namespace.CompareCrCheckpointCommand"
        { Compare-CrCheckpoint $before (Join-Path $TestDrive none.cr) -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$namespace.CompareCrCheckpointCommand"
    }
}
