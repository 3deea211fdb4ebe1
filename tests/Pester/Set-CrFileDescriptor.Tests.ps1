# Set-CrFileDescriptor: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $rootfs = [IO.Path]::Combine($TestDrive, 'rootfs')
    $null = [IO.Directory]::CreateDirectory([IO.Path]::Combine($rootfs, 'tmp'))
    Copy-Item ([IO.Path]::Combine($guests, 'counter')) $rootfs
    foreach ($name in 'old', 'new') { [IO.File]::WriteAllText([IO.Path]::Combine($rootfs, 'tmp', $name), '') }
    $start = @{ FilePath = '/counter'; Root = $rootfs; RootWritable = $true; OutputPath = '/tmp/old'; ArgumentList = 3, 100; Suspended = $true }
    $class = 'CheckpointRestart.PS.Commands.SetCrFileDescriptorCommand'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Set-CrFileDescriptor' {
    AfterEach { Get-CrTask | Remove-CrTask -Force }

    It 'lets a frozen task write elsewhere' {
        [IO.File]::WriteAllText([IO.Path]::Combine($rootfs, 'tmp', 'new'), '')
        $task = Start-CrTask @start
        $given = $task | Set-CrFileDescriptor 1 /tmp/new -PassThru
        $given.Id | Should -Be $task.Id
        ($task | Get-CrFileDescriptor).Where({ $_.Number -eq 1 }).Path | Should -Be /tmp/new
        $task | Resume-CrTask
        $task | Wait-CrTask -Timeout 60 | Out-Null
        [IO.File]::ReadAllText([IO.Path]::Combine($rootfs, 'tmp', 'new')) | Should -Not -BeNullOrEmpty
        [IO.File]::ReadAllText([IO.Path]::Combine($rootfs, 'tmp', 'old')) | Should -BeNullOrEmpty
    }

    It 'makes an image of <format> whose task writes elsewhere' -ForEach @(@{ format = 'Extended' }, @{ format = 'V5' }) {
        [IO.File]::WriteAllText([IO.Path]::Combine($rootfs, 'tmp', 'new'), '')
        $image = Join-Path $TestDrive "fd-$format.cr"
        $target = Join-Path $TestDrive "fd-$format-new.cr"
        Start-CrTask @start | Save-CrCheckpoint $image -Format $format -Stop -WarningAction SilentlyContinue | Out-Null
        $changed = Set-CrFileDescriptor 1 /tmp/new -Path $image -Root $rootfs -AllowChangedFiles -DestinationPath $target
        ($changed | Get-CrFileDescriptor).Where({ $_.Number -eq 1 }).Path | Should -Be /tmp/new
        (Get-CrFileDescriptor $image).Where({ $_.Number -eq 1 }).Path | Should -Be /tmp/old
        @($changed.Edits).Count | Should -Be $(if ($format -eq 'V5') { 0 } else { 1 })
        Restore-CrCheckpoint $target -Root $rootfs -RootWritable -AllowChangedFiles | Wait-CrTask -Timeout 60 | Out-Null
        [IO.File]::ReadAllText([IO.Path]::Combine($rootfs, 'tmp', 'new')) | Should -Not -BeNullOrEmpty
    }

    It 'refuses what is no descriptor of a regular file, and a file that is not there' {
        $task = Start-CrTask @start
        { $task | Set-CrFileDescriptor 77 /tmp/new -ErrorAction Stop } | Should -Throw -ErrorId "DescriptorNotFound,$class"
        { $task | Set-CrFileDescriptor 0 /dev/null -ErrorAction Stop } | Should -Throw -ErrorId "NotARegularFile,$class"
        { $task | Set-CrFileDescriptor 1 /tmp -ErrorAction Stop } | Should -Throw
        { $task | Set-CrFileDescriptor 1 /tmp/none -ErrorAction Stop } | Should -Throw -ErrorId "ChangeRefused,$class"
        $task | Set-CrFileDescriptor 1 /tmp/new -WhatIf | Should -BeNullOrEmpty
        ($task | Get-CrFileDescriptor).Where({ $_.Number -eq 1 }).Path | Should -Be /tmp/old
        { Set-CrFileDescriptor 1 /tmp/new -Id 999999 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$class"
    }
}
