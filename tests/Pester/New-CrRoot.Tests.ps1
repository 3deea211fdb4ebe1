# New-CrRoot: what a user sees.

BeforeDiscovery {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    $noDebs = -not [IO.Directory]::Exists([IO.Path]::Combine((Get-RepositoryRoot), 'artifacts', 'guests', 'debs'))
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $namespace = 'CheckpointRestart.PS.Commands'
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $debs = [IO.Path]::Combine((Get-RepositoryRoot), 'artifacts', 'guests', 'debs')
    $tree = [IO.Path]::Combine($TestDrive, 'tree')
    $null = [IO.Directory]::CreateDirectory([IO.Path]::Combine($tree, 'bin'))
    Copy-Item ([IO.Path]::Combine($guests, 'counter')) ([IO.Path]::Combine($tree, 'bin'))
    Copy-Item ([IO.Path]::Combine($guests, 'hello')) ([IO.Path]::Combine($tree, 'bin'))

    function Compress-File([string] $From, [string] $To) {
        $source = [IO.File]::OpenRead($From)
        $target = [IO.Compression.GZipStream]::new([IO.File]::Create($To), [IO.Compression.CompressionMode]::Compress)
        $source.CopyTo($target)
        $target.Dispose()
        $source.Dispose()
    }
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'New-CrRoot' {
    It 'takes a directory and a file through the pipeline' {
        $file = Join-Path $TestDrive piped.tar
        (Get-Item $tree | New-CrRoot -DestinationPath $file).Files | Should -BeGreaterThan 2
        ($file | New-CrRoot).Path | Should -Be $file
    }

    It 'makes a root from a directory' {
        $root = New-CrRoot $tree
        $root | Should -BeOfType 'CheckpointRestart.PS.Objects.CrRoot'
        $root.Files | Should -Be 3
        $root.IsTemporary | Should -BeTrue
        Start-CrTask /bin/hello -Root $root -Wait | Should -Be (Start-CrTask /bin/hello -Root $tree -Wait)
    }

    It 'leaves no temporary file when the process ends' {
        $run = Invoke-FreshHost -ArgumentList $tree {
            param($tree)
            $root = New-CrRoot $tree
            $task = Start-CrTask /bin/counter -Root $root -Suspended
            [IO.File]::Exists($root.Path)
            $root.Path
        }
        $run[0] | Should -Be True
        [IO.File]::Exists($run[1]) | Should -BeFalse
    }

    It 'keeps a root as a tar file that -Root takes by its path' {
        $tar = [IO.Path]::Combine($TestDrive, 'kept.tar')
        $root = New-CrRoot $tree -DestinationPath $tar
        $root.Path | Should -Be $tar
        $root.IsTemporary | Should -BeFalse
        $task = Start-CrTask /bin/counter -ArgumentList 3, 10 -Root $tar -Suspended
        (Get-CrMachine $task.MachineId).Root | Should -Be $tar
        { New-CrRoot $tree -DestinationPath $tar } | Should -Throw -ErrorId "FileExists,$namespace.NewCrRootCommand"
        (New-CrRoot $tree -DestinationPath $tar -Force).Files | Should -Be 3
    }

    It 'knows a compressed tar file by its contents' {
        $tar = [IO.Path]::Combine($TestDrive, 'plain')
        New-CrRoot $tree -DestinationPath $tar | Out-Null
        $packed = [IO.Path]::Combine($TestDrive, 'packed')
        Compress-File $tar $packed
        (New-CrRoot $packed).Files | Should -Be 3
        (New-CrRoot $tar).Path | Should -Be $tar
        { Start-CrTask /bin/hello -Root $packed -Wait -ErrorAction Stop } | Should -Throw -ErrorId "InvalidTar,$namespace.StartCrTaskCommand"
    }

    It 'restores a checkpoint on it' {
        $root = New-CrRoot $tree
        $image = [IO.Path]::Combine($TestDrive, 'counter.cr')
        $task = Start-CrTask /bin/counter -ArgumentList 40, 1000 -Root $root -Suspended | Wait-CrTask -Instruction 20000
        $task | Save-CrCheckpoint $image -Stop | Out-Null
        $restored = Restore-CrCheckpoint $image -Root $root -Suspended
        $restored | Resume-CrTask
        $restored | Wait-CrTask | Out-Null
        $restored.ExitCode | Should -Be 0
    }

    It 'says where a tar file breaks' {
        $tar = [IO.Path]::Combine($TestDrive, 'short.tar')
        New-CrRoot $tree -DestinationPath $tar | Out-Null
        $bytes = [IO.File]::ReadAllBytes($tar)
        [IO.File]::WriteAllBytes($tar, $bytes[0..2000])
        { New-CrRoot $tar -ErrorAction Stop } | Should -Throw '*at byte*' -ErrorId "InvalidTar,$namespace.NewCrRootCommand"
    }

    It 'refuses what is there not, what is mixed, and what cannot be configured' {
        { New-CrRoot ([IO.Path]::Combine($TestDrive, 'none')) -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$namespace.NewCrRootCommand"
        { New-CrRoot $tree, $tree -ErrorAction Stop } | Should -Throw -ErrorId "ParameterConflict,$namespace.NewCrRootCommand"
        { New-CrRoot $tree -Configure -ErrorAction Stop } | Should -Throw -ErrorId "ParameterConflict,$namespace.NewCrRootCommand"
    }

    It 'names the packages that are missing' -Skip:$noDebs {
        $bash = [IO.Path]::Combine($debs, 'bash_*.deb')
        { New-CrRoot $bash -ErrorAction Stop } | Should -Throw '*bash * depends on libc6 (>= *), which is not among the files*' -ErrorId "UnmetDependencies,$namespace.NewCrRootCommand"
        $root = New-CrRoot $bash -Force -WarningVariable warnings -WarningAction SilentlyContinue
        $root.Packages | Should -BeLike 'bash 5.2*'
        "$warnings" | Should -BeLike '*libtinfo6*'
    }
}
