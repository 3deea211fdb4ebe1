# Set-CrEnvironment: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $program = [IO.Path]::Combine($guests, 'env')
    $class = 'CheckpointRestart.PS.Commands.SetCrEnvironmentCommand'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Set-CrEnvironment' {
    AfterEach { Get-CrTask | Remove-CrTask -Force }

    It 'takes tasks as others do, and gives them with -PassThru' {
        $task = Start-CrTask $program -Suspended -Environment @{ HOME = '/home/somebody' }
        function Get-Home { (Get-Content "CrTask:/$($task.Id)/environment").Where({ $_ -like 'HOME=*' }) }
        Set-CrEnvironment HOME /aaa -Id $task.Id
        Get-Home | Should -Be 'HOME=/aaa'
        [pscustomobject]@{ CrTaskId = $task.Id } | Set-CrEnvironment HOME /bbb
        Get-Home | Should -Be 'HOME=/bbb'
        (Set-CrEnvironment HOME /ccc -Task $task -PassThru).Id | Should -Be $task.Id
        Get-Home | Should -Be 'HOME=/ccc'
        $task | Set-CrEnvironment HOME /ddd -PassThru -WhatIf | Should -BeNullOrEmpty
        Get-Home | Should -Be 'HOME=/ccc'
    }

    It 'makes images of checkpoints, paths, files and tasks of images' {
        $image = Join-Path $TestDrive from.cr
        Start-CrTask $program -Suspended -Environment @{ HOME = '/home/somebody' } | Save-CrCheckpoint $image -Force | Out-Null
        $all = @(Get-CrCheckpoint $image | Set-CrEnvironment HOME /root ; Set-CrEnvironment HOME /root -Path $image ; Set-CrEnvironment HOME /root -LiteralPath $image ; Get-Item $image | Set-CrEnvironment HOME /root ; Get-CrTask -Checkpoint (Get-CrCheckpoint $image) | Set-CrEnvironment HOME /root )
        $all.Count | Should -Be 5
        foreach ($one in $all) { @($one.Edits).Count | Should -Be 1 }
        $before = [IO.File]::ReadAllBytes($image)
        $target = Join-Path $TestDrive to.cr
        Set-CrEnvironment HOME /root -Path $image -DestinationPath $target -WhatIf  | Should -BeNullOrEmpty
        Test-Path $target | Should -BeFalse
        (Set-CrEnvironment HOME /root -Path $image -DestinationPath $target ).Path | Should -Be $target
        { Set-CrEnvironment HOME /root -Path $image -DestinationPath $target  -ErrorAction Stop } | Should -Throw -ErrorId "FileExists,$class"
        (Set-CrEnvironment HOME /root -Path $image -DestinationPath $target -Force ).Edits[0].Identity | Should -Be (Get-CrCheckpoint $image).Identity
        [Linq.Enumerable]::SequenceEqual($before, [IO.File]::ReadAllBytes($image)) | Should -BeTrue
        (Test-CrCheckpoint $target).Problems | Should -BeNullOrEmpty
        Remove-Item $image, $target
    }

    It 'refuses a task that runs or has ended, and what is not there' {
        $running = Start-CrTask ([IO.Path]::Combine($guests, 'counter'))
        { $running | Set-CrEnvironment HOME /root -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFrozen,$class"
        $running | Stop-CrTask
        $running | Wait-CrTask -Timeout 30 | Out-Null
        { $running | Set-CrEnvironment HOME /root -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$class"
        { Set-CrEnvironment HOME /root -Id 999999 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$class"
        { Set-CrEnvironment HOME /root -Path (Join-Path $TestDrive none.cr) -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$class"
    }

    It 'counts for the program: <how>' -ForEach @(
        @{ how = 'another value'; arguments = @{ Value = '/root' }; expected = 'env HOME=/root' }
        @{ how = 'an empty value'; arguments = @{ Value = '' }; expected = 'env HOME=' }
        @{ how = 'no value'; arguments = @{ Remove = $true }; expected = $null }
    ) {
        $task = Start-CrTask $program -Suspended -Environment @{ HOME = '/home/somebody' }
        $changed = $task | Save-CrCheckpoint | Set-CrEnvironment HOME @arguments
        $task | Set-CrEnvironment HOME @arguments
        $task | Resume-CrTask
        $said = @($task | Receive-CrTask -Wait) -like 'env HOME*'
        "$said" | Should -Be "$expected"
        "$(@($changed | Restore-CrCheckpoint | Receive-CrTask -Wait) -like 'env HOME*')" | Should -Be "$expected"
    }

    It 'refuses what has no room or is not there' {
        $task = Start-CrTask $program -Suspended -Environment @{ HOME = '/home/somebody' }
        { $task | Set-CrEnvironment HOME /home/somebody/else -ErrorAction Stop } | Should -Throw -ErrorId "NoRoomInEnvironment,$class"
        { $task | Set-CrEnvironment NEW x -ErrorAction Stop } | Should -Throw -ErrorId "ChangeRefused,$class"
        { $task | Set-CrEnvironment HOME } | Should -Throw -ErrorId "ValueOrRemove,$class"
        { $task | Set-CrEnvironment HOME x -Remove } | Should -Throw -ErrorId "ValueOrRemove,$class"
        { $task | Set-CrEnvironment A=B x } | Should -Throw -ErrorId "ParameterArgumentValidationError,$class"
    }
}
