# Programs that save and restore machines by the system calls 333 and 334, as a user of the module sees them.

BeforeDiscovery {
    $repository = [IO.Path]::GetDirectoryName([IO.Path]::GetDirectoryName($PSScriptRoot))
    $hasBusybox = [IO.File]::Exists([IO.Path]::Combine($repository, 'artifacts', 'guests', 'busybox'))
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $busybox = [IO.Path]::Combine((Get-RepositoryRoot), 'artifacts', 'guests', 'busybox')
    $root = New-GuestRoot $(if ([IO.File]::Exists($busybox)) { $busybox } else { 'none' })
}

AfterAll {
    Get-CrTask | Remove-CrTask -Force
    [IO.Directory]::Delete($root, $true)
}

Describe 'checkpoint and restart, made by programs' {
    It 'a program of the machine writes its image, and the restored one knows' {
        Start-CrTask /guests/checkpoint -ArgumentList '-a', '/tmp/machine' -Root $root -RootWritable -Wait | Should -Be 'checkpoint 1'
        $task = Restore-CrCheckpoint ([IO.Path]::Combine($root, 'tmp', 'machine')) -Root $root -RootWritable | Wait-CrTask
        $task.Name | Should -Be checkpoint
        $task.ExitCode | Should -Be 0
        $task | Receive-CrTask | Should -Be 'restored'
        $task | Remove-CrTask
    }

    It 'a machine goes back, and its tasks are the same to the user' {
        $task = Start-CrTask /guests/machinecall back -Root $root -Clock Virtual
        $task | Send-CrTask x -NoNewline
        $task | Send-CrTask -EndOfInput
        $task | Wait-CrTask -Timeout 60 | Out-Null
        $task.ExitCode | Should -Be 0
        @($task | Receive-CrTask) -join ',' | Should -Be 'before 1,before 2,after 3,after 4,child told 4,back again,after 3,after 4,child told 4'
        @(Get-CrTask | Where-Object MachineId -EQ $task.MachineId).Count | Should -Be 1
        $task | Remove-CrTask
    }

    It 'a shell goes back to what it kept in memory' -Skip:(-not $hasBusybox) {
        $script = 'n=0; /guests/checkpoint -a -m; n=$((n+1)); echo "n is $n"; read x && exec /guests/restart -c 1; exit 7'
        $task = Start-CrTask /bin/busybox -ArgumentList 'sh', '-c', $script -Root $root -InputText "go`n"
        $task | Send-CrTask -EndOfInput
        $task | Wait-CrTask -Timeout 60 | Out-Null
        @($task | Receive-CrTask) -join ',' | Should -Be 'checkpoint 1,n is 1,restored,n is 1'
        $task.ExitCode | Should -Be 7
        $task | Remove-CrTask
    }

    It 'wrong usage is told' {
        Start-CrTask /guests/restart -Root $root -Wait
        $LASTEXITCODE | Should -Be 64
    }
}
