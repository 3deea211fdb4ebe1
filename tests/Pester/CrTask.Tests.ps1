# The drive CrTask: live tasks as folders, and their files.

BeforeDiscovery {
    # What PowerShell would take for something else, and what a terminal would.
    $names = 'a[1]*?.txt', 'b:c', 'd\e', 'f`g', "h`ni", ' blanks ', '%41', 'r~', '~', "quote'`"`$x", '-dash', '#hash', "bell`a", "turned$([char]0x202e)txt", 'größe'
    $names = $names.ForEach({ @{ name = $_ } })
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $repository = Get-RepositoryRoot
    $root = [IO.Path]::Combine($TestDrive, 'rootfs')
    foreach ($folder in 'etc', 'tmp', 'deep/er/est', 'odd') { $null = [IO.Directory]::CreateDirectory([IO.Path]::Combine($root, $folder)) }
    foreach ($guest in 'counter', 'pipeholder') { Copy-Item ([IO.Path]::Combine($repository, 'tests', 'guests', 'bin', $guest)) $root }
    [IO.File]::WriteAllText([IO.Path]::Combine($root, 'etc', 'motd'), "first`nsecond`nthird`n")
    [IO.File]::WriteAllText([IO.Path]::Combine($root, 'etc', 'hosts'), "127.0.0.1 localhost`n")
    [IO.File]::WriteAllText([IO.Path]::Combine($root, 'deep', 'er', 'est', 'leaf'), 'leaf')
    $null = [IO.Directory]::CreateSymbolicLink([IO.Path]::Combine($root, 'deep', 'back'), '..')
    $null = [IO.File]::CreateSymbolicLink([IO.Path]::Combine($root, 'etc', 'message'), '/etc/motd')
    $null = [IO.File]::CreateSymbolicLink([IO.Path]::Combine($root, 'etc', 'nowhere'), 'none')
    $task = Start-CrTask /counter -Root $root -Suspended -Environment @{ ONE = '1'; TWO = 'two words' } -ArgumentList 7, 8
    $drive = "CrTask:/$($task.Id)"
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'CrTask:' {
    It 'lists the tasks' {
        $found = Get-ChildItem CrTask:/ | Where-Object Id -EQ $task.Id
        $found.GetType().Name | Should -Be CrTask
        $found.PSChildName | Should -Be "$($task.Id)"
        $found.PSIsContainer | Should -BeTrue
        # What the drive adds stays on its own object.
        $task.PSObject.Properties['PSPath'] | Should -BeNullOrEmpty
        ($found | Get-CrVma).Count | Should -Be ($task | Get-CrVma).Count
    }

    It 'has of a task what its cmdlets give' {
        $names = (Get-ChildItem $drive).Name
        $names | Should -Be arguments, auxv, comm, cwd, environment, exe, fd, memory, registers, root, vma
        $shown = Get-ChildItem "$drive/vma" | Where-Object Writable
        $shown.ForEach('Start') | Should -Be ($task | Get-CrVma | Where-Object Writable).ForEach('Start')
        $shown[0].GetType().Name | Should -Be CrVma
        (Get-ChildItem "$drive/fd").ForEach('Number') | Should -Be ($task | Get-CrFileDescriptor).ForEach('Number')
        (Get-Item "$drive/registers").Eip | Should -Be ($task | Get-CrRegister).Eip
        (Get-Content "$drive/registers")[0] | Should -BeLike 'eax*'
    }

    It 'tells what the program was started with' {
        Get-Content "$drive/arguments" | Should -Be '/counter', '7', '8'
        Get-Content "$drive/environment" | Should -Contain 'TWO=two words'
        (Get-Item "$drive/environment").Value['ONE'] | Should -Be 1
        Get-Content "$drive/comm" | Should -Be counter
        Get-Content "$drive/exe" | Should -Be /counter
        Get-Content "$drive/cwd" | Should -Be /
        ((Get-Item "$drive/auxv").Value | Where-Object Name -EQ AT_PAGESZ).Value | Should -Be 4096
    }

    It 'gives memory as bytes, by region and by address' {
        Get-Content "$drive/vma/08048000-08049000" -TotalCount 4 | Should -Be 0x7f, 0x45, 0x4c, 0x46
        Get-Content "$drive/memory/08048001" -TotalCount 3 | Should -Be 0x45, 0x4c, 0x46
        $all = Get-Content "$drive/memory/08048000-08048010" -Raw
        $all.GetType().Name | Should -Be 'Byte[]'
        $all | Should -Be ($task | Get-CrMemory -Address 0x08048000 -Length 16 -Raw)
        Test-Path "$drive/memory/00000000" | Should -BeFalse
        Test-Path "$drive/vma/08048000" | Should -BeTrue
    }

    It 'gives objects that go on through the pipeline' {
        (Get-ChildItem CrTask:/ | Where-Object Id -EQ $task.Id | Get-CrRegister).Eip | Should -Be ($task | Get-CrRegister).Eip
        (Get-ChildItem "$drive/vma" | Where-Object Path | Get-CrMemory -Length 4 -Raw) | Should -Be 0x7f, 0x45, 0x4c, 0x46
        @(Get-ChildItem "$drive/vma" | Get-CrPage).Count | Should -Be @($task | Get-CrVma | Get-CrPage).Count
        $gone = Start-CrTask /counter -Root $root -Suspended
        Get-Item "CrTask:/$($gone.Id)" | Remove-CrTask -Force
        (Get-CrTask).Id | Should -Not -Contain $gone.Id
        (Get-CrMachine).Id | Should -Not -Contain $gone.MachineId
    }

    It 'reads what lies in a pipe, and leaves it there' {
        $holder = Start-CrTask /pipeholder -Root $root
        $deadline = [DateTime]::UtcNow.AddMinutes(2)
        do {
            $pipe = Get-ChildItem "CrTask:/$($holder.Id)/fd" | Where-Object Kind -EQ Pipe | Select-Object -First 1
            $read = if ($pipe) { Get-Content -LiteralPath $pipe.PSPath }
        } until ($read -or [DateTime]::UtcNow -gt $deadline)
        $read | Should -Be bytes
        Get-Content -LiteralPath $pipe.PSPath | Should -Be bytes
        $holder | Remove-CrTask -Force
    }

    It 'can be gone to' {
        Push-Location "$drive/vma"
        try {
            (Get-ChildItem | Where-Object Executable)[0].Start | Should -Be 0x08048000
            Set-Location ../root/etc
            (Get-Location).Path | Should -Be "CrTask:/$($task.Id)/root/etc"
            Get-Content motd | Should -Be first, second, third
            (Get-ChildItem -Name) | Should -Be hosts, message, motd, nowhere
            Set-Location ..
            (Get-ChildItem de*).Name | Should -Be deep, dev
            { Set-Location none -ErrorAction Stop } | Should -Throw
        }
        finally { Pop-Location }
    }
}

Describe 'A drive of its own' {
    It 'needs a place to begin at' {
        Get-ErrorId { New-PSDrive -Name nowhere -PSProvider CrTask -Root "$($task.Id)/root/none" -ErrorAction Stop } | Should -Be ItemNotFound
        Get-ErrorId { New-PSDrive -Name nowhere -PSProvider CrTask -Root 98765/root -ErrorAction Stop } | Should -Be ItemNotFound
        Get-PSDrive nowhere -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'begins where it is told to' {
        $null = New-PSDrive -Name etc -PSProvider CrTask -Root "$($task.Id)/root/etc"
        Push-Location etc:
        try {
            Get-ChildItem -Name | Should -Be hosts, message, motd, nowhere
            Get-Content motd -TotalCount 1 | Should -Be first
            Get-Content etc:/motd -TotalCount 1 | Should -Be first
            Set-Location ..
            (Get-Location).Path | Should -Be etc:/
        }
        finally {
            Pop-Location
            Remove-PSDrive etc
        }
    }
}

Describe 'Files below root' {
    It 'are as the task sees them' {
        $motd = Get-Item "$drive/root/etc/motd"
        $motd.GetType().Name | Should -Be CrFile
        $motd.Path | Should -Be /etc/motd
        $motd.Length | Should -Be 19
        $motd.Mode | Should -BeLike '-rw*'
        (Get-Item "$drive/root/etc/message").Target | Should -Be /etc/motd
        Get-Content "$drive/root/etc/message" -TotalCount 1 | Should -Be first
        Get-Content "$drive/root/etc/motd" -Raw | Should -Be "first`nsecond`nthird`n"
        Get-Content "$drive/root/etc/motd" -TotalCount 2 | Should -Be first, second
        Get-Content "$drive/root/etc/motd" -AsByteStream -TotalCount 3 | Should -Be 102, 105, 114
        Get-Content "$drive/root/proc/self/comm" | Should -Be counter
        (Get-Item "$drive/root/dev/null").Device | Should -Be '1, 3'
        Get-ErrorId { Get-Content "$drive/root/dev/null" -ErrorAction Stop } | Should -Be NoContents
        Get-ErrorId { Get-Content "$drive/root/etc/nowhere" -ErrorAction Stop } | Should -Be GuestFileNotFound
    }

    It 'come in pieces that memory can hold' {
        $file = [IO.File]::OpenWrite([IO.Path]::Combine($root, 'tmp.large'))
        $file.SetLength(100MB)
        $file.Dispose()
        try {
            $one = Start-CrTask /counter -Root $root -Suspended
            $large = "CrTask:/$($one.Id)/root/tmp.large"
            Get-ErrorId { Get-Content $large -ErrorAction Stop } | Should -Be TooLong
            Get-Content $large -AsByteStream -TotalCount 3 | Should -Be 0, 0, 0
            (Get-Content $large -AsByteStream -Raw).Length | Should -Be 100MB
            $one | Remove-CrTask -Force
        }
        finally { [IO.File]::Delete([IO.Path]::Combine($root, 'tmp.large')) }
    }

    It 'are found by Test-Path' {
        Test-Path "$drive/root/etc/motd" | Should -BeTrue
        Test-Path "$drive/root/etc/motd" -PathType Leaf | Should -BeTrue
        Test-Path "$drive/root/etc" -PathType Container | Should -BeTrue
        Test-Path "$drive/root/etc/none" | Should -BeFalse
        Test-Path "$drive/root/etc/motd/below" | Should -BeFalse
        Test-Path 'CrTask:/0/root' | Should -BeFalse
    }

    It 'are listed by pattern, filter and depth, and links are not gone down' {
        (Get-Item "$drive/root/etc/m*").Name | Should -Be message, motd
        (Get-ChildItem "$drive/root/etc" -Filter '*o*').Name | Should -Be hosts, motd, nowhere
        (Get-ChildItem "$drive/root/deep" -Recurse).Name | Should -Be back, er, est, leaf
        (Get-ChildItem "$drive/root/deep" -Depth 1).Name | Should -Be back, er, est
        (Get-ChildItem "$drive/root" -Recurse -Filter leaf).Path | Should -Be /deep/er/est/leaf
        Get-ChildItem "$drive/root/deep/er" -Recurse -Name | Should -Be est, est/leaf
        (Get-ChildItem "$drive/root/et*/mo*").Path | Should -Be /etc/motd
    }

    It 'end where links go round' {
        Get-ChildItem "$drive/root/deep" -Recurse -Name | Should -Be back, er, er/est, er/est/leaf
        (Get-ChildItem "$drive/root/deep/back/etc").Name | Should -Contain motd
        Get-Content "$drive/root/deep/back/etc/motd" -TotalCount 1 | Should -Be first
    }

    It 'complete in a line' {
        $line = "Get-Content $drive/root/etc/mo"
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -BeLike '*root*etc*motd*'
        $line = "Get-ChildItem $drive/v"
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -BeLike '*vma*'
    }

    It 'may have any name: <name>' -ForEach $names {
        $file = [IO.Path]::Combine($root, 'odd', $name)
        if ([IO.Path]::DirectorySeparatorChar -eq '\') { Set-ItResult -Skipped -Because 'Windows has no such files'; return }
        $null = [IO.Directory]::CreateDirectory($file)
        [IO.File]::WriteAllText([IO.Path]::Combine($file, $name), "in $name")
        $odd = Start-CrTask /counter -Root $root -Suspended
        try {
            $folder = Get-ChildItem "CrTask:/$($odd.Id)/root/odd" | Where-Object Name -CEQ $name
            $folder | Should -Not -BeNullOrEmpty
            $folder.PSChildName | Should -Not -Match '[][*?`:\\\x00-\x1f\x7f]'
            $inner = Get-ChildItem -LiteralPath $folder.PSPath
            $inner.Path | Should -BeExactly "/odd/$name/$name"
            Get-Content -LiteralPath $inner.PSPath -Raw | Should -BeExactly "in $name"
            Get-Content -Path $inner.PSPath -Raw | Should -BeExactly "in $name"
            Push-Location "CrTask:/$($odd.Id)/root/odd"
            Set-Location -LiteralPath $folder.PSChildName
            (Get-ChildItem).Name | Should -BeExactly $name
            Get-Content -LiteralPath "./$($inner.PSChildName)" -Raw | Should -BeExactly "in $name"
            Pop-Location
            Set-Content -LiteralPath $inner.PSPath 'other'
            Get-Content -LiteralPath $inner.PSPath | Should -Be other
            # As it is where it need not be escaped.
            if ($name -notmatch '[\\%:]') { Test-Path -LiteralPath "CrTask:/$($odd.Id)/root/odd/$name" | Should -BeTrue }
        }
        finally {
            $odd | Remove-CrTask -Force
            [IO.Directory]::Delete($file, $true)
        }
    }
}

Describe 'Changing files' {
    BeforeAll { $tmp = "$drive/root/tmp" }

    It 'writes, adds, clears and removes' {
        Set-Content "$tmp/a" 'one', 'two'
        Get-Content "$tmp/a" -Raw | Should -Be "one`ntwo`n"
        Add-Content "$tmp/a" 'three'
        Get-Content "$tmp/a" | Should -Be one, two, three
        Set-Content "$tmp/a" 'x' -NoNewline
        (Get-Item "$tmp/a").Length | Should -Be 1
        Set-Content "$tmp/a" ([byte[]](1, 2, 255)) -AsByteStream
        Get-Content "$tmp/a" -AsByteStream | Should -Be 1, 2, 255
        Clear-Content "$tmp/a"
        (Get-Item "$tmp/a").Length | Should -Be 0
        Remove-Item "$tmp/a"
        Test-Path "$tmp/a" | Should -BeFalse
        # The host's file stays as it is.
        Set-Content "$drive/root/etc/hosts" 'changed'
        [IO.File]::ReadAllText([IO.Path]::Combine($root, 'etc', 'hosts')) | Should -Be "127.0.0.1 localhost`n"
        Get-Content "$drive/root/etc/hosts" | Should -Be changed
    }

    It 'makes files, directories and links' {
        (New-Item "$tmp/dir" -ItemType Directory).Mode | Should -Be drwxr-xr-x
        (New-Item "$tmp/dir/file" -ItemType File -Value text).Length | Should -Be 4
        (New-Item "$tmp/link" -ItemType SymbolicLink -Value dir/file).Target | Should -Be dir/file
        Get-Content "$tmp/link" | Should -Be text
        Get-ErrorId { New-Item "$tmp/dir/file" -ItemType File -ErrorAction Stop } | Should -Be GuestFileExists
        Get-ErrorId { New-Item "$tmp/what" -ItemType Socket -ErrorAction Stop } | Should -Be UnknownItemType
        Remove-Item "$tmp/link"
        Get-Content "$tmp/dir/file" | Should -Be text
        Remove-Item "$tmp/dir" -Recurse
        (Get-ChildItem $tmp) | Should -BeNullOrEmpty
    }

    It 'gives files, directories and links other names' {
        Set-Content "$tmp/a" 'text'
        Rename-Item "$tmp/a" b
        Test-Path "$tmp/a" | Should -BeFalse
        Get-Content "$tmp/b" | Should -Be text
        (Rename-Item "$tmp/b" 'c%3A[1]' -PassThru).Name | Should -BeExactly 'c:[1]'
        Rename-Item -LiteralPath (Get-ChildItem $tmp).PSPath -NewName d
        $null = New-Item "$tmp/dir" -ItemType Directory
        Move-Item "$tmp/d" "$tmp/dir"
        Get-Content "$tmp/dir/d" | Should -Be text
        Move-Item "$tmp/dir/d" "$tmp/dir/e"
        $null = New-Item "$tmp/up" -ItemType Directory
        (Move-Item "$tmp/dir" "$tmp/up" -PassThru).Path | Should -Be /tmp/up/dir
        Move-Item "$tmp/up/dir" "$tmp/moved"
        Get-Content "$tmp/moved/e" | Should -Be text
        Remove-Item "$tmp/up"
        $null = New-Item "$tmp/link" -ItemType SymbolicLink -Value moved
        # Through a link to a directory as into the directory; a link that is moved itself stays one.
        Set-Content "$tmp/more" 'more'
        Move-Item "$tmp/more" "$tmp/link"
        Get-Content "$tmp/moved/more" | Should -Be more
        Rename-Item "$tmp/link" link2
        (Get-Item "$tmp/link2").Target | Should -Be moved
        # The host's file stays where it is.
        Rename-Item "$drive/root/etc/hosts" hosts.old
        Get-Content "$drive/root/etc/hosts.old" | Should -Not -BeNullOrEmpty
        [IO.File]::Exists([IO.Path]::Combine($root, 'etc', 'hosts')) | Should -BeTrue
        Rename-Item "$drive/root/etc/hosts.old" hosts
        Remove-Item "$tmp/link2"
        Remove-Item "$tmp/moved" -Recurse
        Get-ChildItem $tmp | Should -BeNullOrEmpty
    }

    It 'replaces what has the name with -Force, and not without' {
        Set-Content "$tmp/a" 'a'
        Set-Content "$tmp/b" 'b'
        Get-ErrorId { Rename-Item "$tmp/a" b -ErrorAction Stop } | Should -Be GuestFileExists
        Get-ErrorId { Move-Item "$tmp/a" "$tmp/b" -ErrorAction Stop } | Should -Be GuestFileExists
        Get-Content "$tmp/b" | Should -Be b
        Move-Item "$tmp/a" "$tmp/b" -Force
        Get-Content "$tmp/b" | Should -Be a
        (Get-ChildItem $tmp).Name | Should -Be b
        $null = New-Item "$tmp/c" -ItemType Directory
        Get-ErrorId { Rename-Item "$tmp/b" c -Force -ErrorAction Stop } | Should -Be WrongFileKind
        Remove-Item "$tmp/b", "$tmp/c"
    }

    It 'moves nothing where it cannot be: <what>' -ForEach @(
        @{ what = 'a name with a folder'; script = { Rename-Item "$tmp/x" 'one/two' -ErrorAction Stop }; id = 'InvalidName' }
        @{ what = 'no name'; script = { Rename-Item "$tmp/x" '..' -ErrorAction Stop }; id = 'InvalidName' }
        @{ what = 'a name that is too long'; script = { Rename-Item "$tmp/x" ('n' * 256) -ErrorAction Stop }; id = 'GuestNameTooLong' }
        @{ what = 'no directory'; script = { Move-Item "$tmp/x" "$tmp/none/x" -ErrorAction Stop }; id = 'GuestFileNotFound' }
        @{ what = 'into itself'; script = { Move-Item "$tmp/dir" "$tmp/dir/inner" -ErrorAction Stop }; id = 'MoveIntoItself' }
        @{ what = 'another file system'; script = { Move-Item "$tmp/x" "$drive/root/dev/x" -ErrorAction Stop }; id = 'OtherFileSystem' }
        @{ what = 'a mount point'; script = { Rename-Item "$drive/root/proc" processes -ErrorAction Stop }; id = 'GuestFileDenied' }
        @{ what = 'a file of the kernel'; script = { Rename-Item "$drive/root/proc/version" v -ErrorAction Stop }; id = 'GuestFileDenied' }
        @{ what = 'the root'; script = { Rename-Item "$drive/root" root2 -ErrorAction Stop }; id = 'ReadOnly' }
        @{ what = 'what is no file'; script = { Rename-Item "$drive/comm" name -ErrorAction Stop }; id = 'ReadOnly' }
        @{ what = 'to what is no file'; script = { Move-Item "$tmp/x" "$drive/vma" -ErrorAction Stop }; id = 'ReadOnly' }
        @{ what = 'another task'; script = { Move-Item "$tmp/x" "CrTask:/$($beside.Id)/root/tmp" -ErrorAction Stop }; id = 'OtherTask' }
        @{ what = 'over a directory that is not empty'; script = { Rename-Item "$tmp/empty" dir -Force -ErrorAction Stop }; id = 'GuestDirectoryNotEmpty' }
    ) {
        $beside = Start-CrTask /counter -Root $root -Suspended
        Set-Content "$tmp/x" 'x'
        $null = New-Item "$tmp/dir" -ItemType Directory
        $null = New-Item "$tmp/empty" -ItemType Directory
        Set-Content "$tmp/dir/kept" 'kept'
        try {
            Get-ErrorId $script | Should -Be $id
            (Get-ChildItem $tmp -Recurse -Name | Sort-Object) | Should -Be dir, dir/kept, empty, x
        }
        finally {
            Remove-Item "$tmp/x", "$tmp/empty"
            Remove-Item "$tmp/dir" -Recurse
            $beside | Remove-CrTask -Force
        }
    }

    It 'does nothing with -WhatIf' {
        Set-Content "$tmp/kept" 'kept'
        Rename-Item "$tmp/kept" lost -WhatIf
        $null = New-Item "$tmp/there" -ItemType Directory
        Move-Item "$tmp/kept" "$tmp/there" -WhatIf
        Remove-Item "$tmp/there"
        Set-Content "$tmp/kept" 'x' -WhatIf
        Add-Content "$tmp/kept" 'x' -WhatIf
        Clear-Content "$tmp/kept" -WhatIf
        Remove-Item "$tmp/kept" -WhatIf
        New-Item "$tmp/new" -ItemType File -WhatIf
        Get-Content "$tmp/kept" | Should -Be kept
        (Get-ChildItem $tmp).Name | Should -Be kept
        Remove-Item "$tmp/kept"
    }

    It 'refuses the rest: <what>' -ForEach @(
        @{ what = 'a device'; script = { Set-Content "$drive/root/dev/null" x -ErrorAction Stop }; id = 'NoContents' }
        @{ what = 'a file of the kernel'; script = { Set-Content "$drive/root/proc/version" x -ErrorAction Stop }; id = 'NoContents' }
        @{ what = 'the running program'; script = { Set-Content "$drive/root/counter" x -ErrorAction Stop }; id = 'GuestFileDenied' }
        @{ what = 'a directory'; script = { Add-Content "$drive/root/etc" x -ErrorAction Stop }; id = 'WrongFileKind' }
        @{ what = 'memory'; script = { Set-Content "$drive/memory/08048000" x -ErrorAction Stop }; id = 'ReadOnly' }
        @{ what = 'a name'; script = { Set-Content "$drive/comm" x -ErrorAction Stop }; id = 'ReadOnly' }
        @{ what = 'no directory'; script = { Set-Content "$drive/root/none/x" x -ErrorAction Stop }; id = 'GuestFileNotFound' }
        @{ what = 'removing a task'; script = { Remove-Item $drive -Recurse -ErrorAction Stop }; id = 'ReadOnly' }
        @{ what = 'contents of a folder'; script = { Get-Content $drive -ErrorAction Stop }; id = 'NoContents' }
    ) {
        Get-ErrorId $script | Should -Be $id
        $task.State | Should -Be Frozen
    }
}

Describe 'Looking at a task that runs' {
    It 'does not hold it up, and it may be changed meanwhile' {
        $running = Start-CrTask /counter -Root $root
        foreach ($i in 1..5) {
            Get-Content "CrTask:/$($running.Id)/root/etc/motd" -TotalCount 1 | Should -Be first
            Set-Content "CrTask:/$($running.Id)/root/tmp/n" "$i"
            Get-Content "CrTask:/$($running.Id)/root/tmp/n" | Should -Be "$i"
            @(Get-ChildItem "CrTask:/$($running.Id)/vma").Count | Should -BeGreaterThan 3
        }
        $running.HasExited | Should -BeFalse
        $running | Remove-CrTask -Force
    }

    It 'leaves a run what it is' {
        # The same run, with somebody who looks at everything and without.
        $hashes = foreach ($looks in $false, $true) {
            $one = Start-CrTask /counter -Root $root -Suspended -Clock Virtual -Seed 5
            if ($looks) { $null = Get-ChildItem "CrTask:/$($one.Id)" -Recurse; $null = Get-Content "CrTask:/$($one.Id)/root/etc/motd" }
            $null = $one | Wait-CrTask -Instruction 100000
            if ($looks) { $null = Get-ChildItem "CrTask:/$($one.Id)" -Recurse }
            ($one | Get-CrStateHash -Scope Full).Hash
            $one | Remove-CrTask -Force
        }
        $hashes[1] | Should -Be $hashes[0]
    }

    It 'goes as deep as a guest has nested, and no deeper than is good' {
        $nested = [IO.Path]::Combine($TestDrive, 'nested')
        $null = [IO.Directory]::CreateDirectory([IO.Path]::Combine($nested, 'top' + '/d' * 520))
        Copy-Item ([IO.Path]::Combine($root, 'counter')) $nested
        $deep = Start-CrTask /counter -Root $nested -Suspended
        $null = Get-ChildItem "CrTask:/$($deep.Id)/root/top" -Recurse -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'TooDeep,*'
        $deep | Remove-CrTask -Force
    }
}

Describe 'Another root' {
    It 'may be an archive' {
        $tar = New-CrRoot $root -DestinationPath ([IO.Path]::Combine($TestDrive, 'root.tar'))
        $packed = Start-CrTask /counter -Root $tar -Suspended
        $place = "CrTask:/$($packed.Id)/root"
        Get-Content "$place/etc/message" | Should -Be first, second, third
        (Get-ChildItem "$place/deep" -Recurse).Name | Should -Be back, er, est, leaf
        Set-Content "$place/etc/motd" 'changed'
        Get-Content "$place/etc/message" | Should -Be changed
        $packed | Remove-CrTask -Force
    }

    It 'is written through when the machine writes through' {
        $own = [IO.Path]::Combine($TestDrive, 'own')
        $null = [IO.Directory]::CreateDirectory([IO.Path]::Combine($own, 'data'))
        Copy-Item ([IO.Path]::Combine($root, 'counter')) $own
        $through = Start-CrTask /counter -Root $own -RootWritable -Suspended
        Set-Content "CrTask:/$($through.Id)/root/data/file" 'for the host'
        [IO.File]::ReadAllText([IO.Path]::Combine($own, 'data', 'file')) | Should -Be "for the host`n"
        Rename-Item "CrTask:/$($through.Id)/root/data/file" other
        [IO.Directory]::GetFiles([IO.Path]::Combine($own, 'data')) | Should -Be ([IO.Path]::Combine($own, 'data', 'other'))
        Move-Item "CrTask:/$($through.Id)/root/data/other" "CrTask:/$($through.Id)/root/data/file"
        Remove-Item "CrTask:/$($through.Id)/root/data/file"
        [IO.File]::Exists([IO.Path]::Combine($own, 'data', 'file')) | Should -BeFalse
        $through | Remove-CrTask -Force
    }
}

Describe 'A task that has ended' {
    It 'has its files still, and nothing else' {
        $ended = Start-CrTask /counter -Root $root -ArgumentList 1, 1
        $null = $ended | Wait-CrTask
        $place = "CrTask:/$($ended.Id)"
        Get-Content "$place/root/etc/motd" -TotalCount 1 | Should -Be first
        Get-ErrorId { Get-ChildItem "$place/vma" -ErrorAction Stop } | Should -Be TaskEnded
        Get-ErrorId { Get-Item "$place/registers" -ErrorAction Stop } | Should -Be TaskEnded
        $ended | Remove-CrTask
        Test-Path $place | Should -BeFalse
    }
}
