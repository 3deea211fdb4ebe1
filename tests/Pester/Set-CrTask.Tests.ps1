# Set-CrTask: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $program = [IO.Path]::Combine($guests, 'stepper')
    $class = 'CheckpointRestart.PS.Commands.SetCrTaskCommand'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Set-CrTask' {
    AfterEach { Get-CrTask | Remove-CrTask -Force }

    It 'takes tasks as others do, and gives them with -PassThru' {
        $task = Start-CrTask $program -Suspended
        Set-CrTask one -Id $task.Id
        $task.Name | Should -Be one
        [pscustomobject]@{ CrTaskId = $task.Id } | Set-CrTask two
        $task.Name | Should -Be two
        (Set-CrTask three -Task $task -PassThru).Id | Should -Be $task.Id
        $task.Name | Should -Be three
        $task | Set-CrTask four -PassThru -WhatIf | Should -BeNullOrEmpty
        $task.Name | Should -Be three
    }

    It 'makes images of checkpoints, paths, files and tasks of images' {
        $image = Join-Path $TestDrive from.cr
        Start-CrTask $program -Suspended  | Save-CrCheckpoint $image -Force | Out-Null
        $all = @(Get-CrCheckpoint $image | Set-CrTask other ; Set-CrTask other -Path $image ; Set-CrTask other -LiteralPath $image ; Get-Item $image | Set-CrTask other ; Get-CrTask -Checkpoint (Get-CrCheckpoint $image) | Set-CrTask other )
        $all.Count | Should -Be 5
        foreach ($one in $all) { @($one.Edits).Count | Should -Be 1 }
        $before = [IO.File]::ReadAllBytes($image)
        $target = Join-Path $TestDrive to.cr
        Set-CrTask other -Path $image -DestinationPath $target -WhatIf  | Should -BeNullOrEmpty
        Test-Path $target | Should -BeFalse
        (Set-CrTask other -Path $image -DestinationPath $target ).Path | Should -Be $target
        { Set-CrTask other -Path $image -DestinationPath $target  -ErrorAction Stop } | Should -Throw -ErrorId "FileExists,$class"
        (Set-CrTask other -Path $image -DestinationPath $target -Force ).Edits[0].Identity | Should -Be (Get-CrCheckpoint $image).Identity
        [Linq.Enumerable]::SequenceEqual($before, [IO.File]::ReadAllBytes($image)) | Should -BeTrue
        (Test-CrCheckpoint $target).Problems | Should -BeNullOrEmpty
        Remove-Item $image, $target
    }

    It 'refuses a task that runs or has ended, and what is not there' {
        $running = Start-CrTask ([IO.Path]::Combine($guests, 'counter'))
        { $running | Set-CrTask other -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFrozen,$class"
        $running | Stop-CrTask
        $running | Wait-CrTask -Timeout 30 | Out-Null
        { $running | Set-CrTask other -ErrorAction Stop } | Should -Throw -ErrorId "TaskEnded,$class"
        { Set-CrTask other -Id 999999 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$class"
        { Set-CrTask other -Path (Join-Path $TestDrive none.cr) -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$class"
    }

    It 'names it' {
        $task = Start-CrTask $program -Suspended
        ($task | Set-CrTask 'fifteen bytes..' -PassThru).Name | Should -Be 'fifteen bytes..'
        ($task | Save-CrCheckpoint | Set-CrTask '').Name | Should -Be ''
        { $task | Set-CrTask 'sixteen bytes...' -ErrorAction Stop } | Should -Throw -ErrorId "InvalidTaskName,$class"
    }
}
