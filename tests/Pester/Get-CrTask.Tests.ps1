# Get-CrTask: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Get-CrTask' {
    BeforeAll { $task = Start-CrTask $counter -Suspended }
    AfterAll { $task | Remove-CrTask -Force }

    It 'gives every task of every machine' {
        $other = Start-CrTask $counter -Suspended
        (Get-CrTask).Id | Should -Contain $task.Id
        (Get-CrTask).Id | Should -Contain $other.Id
        $other | Remove-CrTask -Force
    }

    It 'finds by number, name with wildcards, and machine' {
        (Get-CrTask $task.Id).Name | Should -Be counter
        (Get-CrTask -Name cou*).Id | Should -Contain $task.Id
        (Get-CrTask -MachineId $task.MachineId).Id | Should -Be $task.Id
        (Get-CrMachine $task.MachineId | Get-CrTask).Id | Should -Be $task.Id
    }

    It 'takes objects with a property CrTaskId, and a task has it' {
        ([pscustomobject]@{ CrTaskId = $task.Id } | Get-CrTask).Id | Should -Be $task.Id
        $task.CrTaskId | Should -Be $task.Id
    }

    It 'does not take an object for its Id' {
        { [pscustomobject]@{ Id = $task.Id } | Get-CrTask -ErrorAction Stop } | Should -Throw
    }

    It 'shows children, and what they wait for' {
        $parent = Start-CrTask ([IO.Path]::Combine($guests, 'childholder'))
        $seen = @()
        foreach ($i in 1..3000) {
            $seen = @(Get-CrTask -Machine $parent.Machine)
            if ($seen.Count -gt 1) { break }
            [Threading.Thread]::Sleep(20)
        }
        $seen.Count | Should -Be 2
        $seen[1].ParentProcessId | Should -Be $parent.ProcessId
        $parent | Remove-CrTask -Force
    }

    It 'shows processes as a tree, which other cmdlets take' {
        $parent = Start-CrTask ([IO.Path]::Combine($guests, 'childholder'))
        foreach ($i in 1..3000) { if (@(Get-CrTask -Machine $parent.Machine).Count -gt 1) { break }; [Threading.Thread]::Sleep(20) }
        $nodes = @($parent.Id | ForEach-Object { Get-CrTask $_ -Tree })
        $nodes.Tree | Should -Be childholder, '└─childholder'
        $nodes.Depth | Should -Be 0, 1
        $nodes[1].ParentProcessId | Should -Be $parent.ProcessId
        # A child alone is a tree of its own.
        @(Get-CrTask $nodes[1].CrTaskId -Tree).Tree | Should -Be childholder
        $null = $nodes | Suspend-CrTask
        $nodes.State | Should -Be Frozen, Frozen
        $saved = @($parent | Save-CrCheckpoint | Get-CrTask -Tree)
        $saved[-1].Tree | Should -BeLike '*└─childholder'
        @($saved[-1] | Get-CrVma).Count | Should -Be @($nodes[1] | Get-CrVma).Count
        $parent | Remove-CrTask -Force
    }

    It 'puts threads below their process' {
        $many = Start-CrTask ([IO.Path]::Combine($guests, 'twothreads')) -Suspended -Clock Virtual
        foreach ($count in 1000, 3000, 10000, 30000, 100000) {
            if (@(Get-CrTask -Machine $many.Machine).Count -gt 1 -or $many.HasExited) { break }
            $null = $many | Wait-CrTask -Instruction $count -ErrorAction Ignore
        }
        $nodes = @(Get-CrTask -Machine $many.Machine -Tree)
        $nodes.Count | Should -BeGreaterThan 1
        $nodes[1].Tree | Should -Be '└─{twothreads}'
        $nodes[1].ThreadGroupId | Should -Be $many.ProcessId
        $many | Remove-CrTask -Force
    }

    It 'says what a task waits for' {
        $reader = Start-CrTask ([IO.Path]::Combine($guests, 'readblock'))
        foreach ($i in 1..6000) { if ($reader.State -eq 'Waiting') { break }; [Threading.Thread]::Sleep(10) }
        $reader.State | Should -Be Waiting
        $reader.WaitReason | Should -Match '^read'
        $reader | Remove-CrTask -Force
    }

    It 'counts the system calls that the machine does not have, those of an ended thread and of a child that was waited for too' {
        $caller = Start-CrTask ([IO.Path]::Combine($guests, 'unknowncalls'))
        $null = $caller | Wait-CrTask
        $shown = Get-CrTask $caller.Id
        $shown.UnknownSyscallCount | Should -Be 6
        $shown.UnknownSyscalls[600] | Should -Be 5
        $shown.UnknownSyscalls[601] | Should -Be 1
        ($shown | Format-Table | Out-String -Width 120) | Should -Match '\bUnknown\b[\s\S]*\b6\b'
        $caller | Remove-CrTask -Force
    }

    It 'reports a number that is not there, and goes on' {
        $found = Get-CrTask -Id 999999, $task.Id -ErrorAction SilentlyContinue -ErrorVariable problem
        $found.Id | Should -Be $task.Id
        $problem[0].FullyQualifiedErrorId | Should -Be "TaskNotFound,$namespace.GetCrTaskCommand"
    }

    It 'gives nothing for a pattern without a match, and an error for a name' {
        Get-CrTask -Name 'zz*' -ErrorAction Stop | Should -BeNullOrEmpty
        { Get-CrTask -Name zz -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$namespace.GetCrTaskCommand"
    }
}
