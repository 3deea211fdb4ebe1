# The drive CrImage: images as folders.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $repository = Get-RepositoryRoot
    $root = [IO.Path]::Combine($TestDrive, 'rootfs')
    $null = [IO.Directory]::CreateDirectory([IO.Path]::Combine($root, 'etc'))
    foreach ($guest in 'counter', 'pipeholder') { Copy-Item ([IO.Path]::Combine($repository, 'tests', 'guests', 'bin', $guest)) $root }
    [IO.File]::WriteAllText([IO.Path]::Combine($root, 'etc', 'motd'), "of the root`n")
    [IO.File]::WriteAllText([IO.Path]::Combine($root, 'etc', 'other'), "of the root`n")
    $image = [IO.Path]::Combine($TestDrive, 'drive image.cr')
    $task = Start-CrTask /counter -Root $root -Suspended -Environment @{ ONE = '1' }
    Set-Content "CrTask:/$($task.Id)/root/etc/motd" 'of the image'
    $null = New-Item "CrTask:/$($task.Id)/root/etc/a%3Ab%5Cc%0A" -ItemType File -Value 'named oddly'
    $saved = $task | Save-CrCheckpoint $image
    $opened = Get-CrCheckpoint $image
    $five = [IO.Path]::Combine($TestDrive, 'of five.cr')
    $null = $task | Save-CrCheckpoint $five -Format V5 -WarningAction SilentlyContinue
    $place = 'CrImage:/drive image.cr'
    $inside = "$place/tasks/$($task.ProcessId)"
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'CrImage:' {
    It 'lists the images that were opened' {
        $listed = Get-ChildItem CrImage:/ | Where-Object Path -EQ $image
        $listed.GetType().Name | Should -Be CrCheckpoint
        $listed.PSChildName | Should -Be 'drive image.cr'
        $opened.PSObject.Properties['PSPath'] | Should -BeNullOrEmpty
    }

    It 'has two images of one name' {
        $folder = [IO.Path]::Combine($TestDrive, 'second')
        $null = [IO.Directory]::CreateDirectory($folder)
        Copy-Item $image $folder
        $null = Get-CrCheckpoint ([IO.Path]::Combine($folder, 'drive image.cr'))
        (Get-Item 'CrImage:/drive image.cr~2').Path | Should -Be ([IO.Path]::Combine($folder, 'drive image.cr'))
        Remove-Item $folder -Recurse
        Test-Path 'CrImage:/drive image.cr~2/tasks' | Should -BeFalse
        (Get-ChildItem CrImage:/).PSChildName | Should -Not -Contain 'drive image.cr~2'
    }

    It 'has of a task what the cmdlets give' {
        (Get-Item $inside).GetType().Name | Should -Be CrImageTask
        (Get-ChildItem $place -Name) | Should -Be header, objects, records, tasks
        $shown = Get-ChildItem "$inside/vma" | Where-Object Writable
        $shown.ForEach('Start') | Should -Be (Get-CrVma $image | Where-Object Writable).ForEach('Start')
        (Get-ChildItem "$inside/fd").ForEach('Path') | Should -Be (Get-CrFileDescriptor $image).ForEach('Path')
        (Get-Item "$inside/registers").Eip | Should -Be (Get-CrRegister $image).Eip
        (Get-Item "$place/header").Time | Should -Be (Get-CrHeader $image).Time
        Get-Content "$inside/environment" | Should -Contain 'ONE=1'
        Get-Content "$inside/arguments" | Should -Be /counter
        Get-Content "$inside/exe" | Should -Be /counter
        Get-Content "$inside/cwd" | Should -Be /
        $stack = (Get-CrVma $image | Where-Object Name -EQ '[stack]')
        Get-Content ('{0}/memory/{1:x8}' -f $inside, ($stack.End - 16)) | Should -Be (Get-CrMemory $image ($stack.End - 16) -Length 16 -Raw)
    }

    It 'gives objects that go on through the pipeline' {
        (Get-ChildItem CrImage:/ | Where-Object Path -EQ $image | Get-CrVma).Count | Should -Be (Get-CrVma $image).Count
        (Get-ChildItem "$place/tasks" | Get-CrRegister).Eip | Should -Be (Get-CrRegister $image).Eip
        @(Get-ChildItem "$inside/vma" | Get-CrPage).Count | Should -Be @(Get-CrPage $image).Count
    }

    It 'has its objects and records' {
        $object = Get-ChildItem "$place/objects" | Where-Object Kind -EQ task | Select-Object -First 1
        (Get-Item "$place/objects/$($object.Number)").Number | Should -Be $object.Number
        (Get-ChildItem "$place/records").ForEach('Name') | Should -Be (Get-CrRecord $image).ForEach('Name')
        $record = Get-CrRecord $image | Select-Object -First 1
        (Get-Content "$place/records/$($record.Offset)" -Raw) | Should -Be $record.Bytes
    }

    It 'has the files that the machine had changed, and names the others' {
        Get-Content "$inside/root/etc/motd" | Should -Be 'of the image'
        (Get-ChildItem "$inside/root/etc").Name | Should -Contain "a:b\c`n"
        Get-Content -LiteralPath (Get-ChildItem "$inside/root/etc" | Where-Object Name -Like 'a:*').PSPath | Should -Be 'named oddly'
        Get-ErrorId { Get-Content "$inside/root/etc/other" -ErrorAction Stop } | Should -Be FileNotInImage
    }

    It 'is lazy: damaged pages are found when they are read' {
        $damaged = [IO.Path]::Combine($TestDrive, 'damaged.cr')
        $bytes = [IO.File]::ReadAllBytes($image)
        $pages = Get-CrRecord $image -Type Pages | Select-Object -First 1
        $from = $pages.Offset + 8 + $pages.Length
        for ($i = 0; $i -lt $pages.RawLength; $i++) { $bytes[$from + $i] = $bytes[$from + $i] -bxor 0xff }
        [IO.File]::WriteAllBytes($damaged, $bytes)
        $null = Get-CrCheckpoint $damaged
        $there = "CrImage:/damaged.cr/tasks/$($task.ProcessId)"
        (Get-ChildItem "$there/vma").Count | Should -Be (Get-ChildItem "$inside/vma").Count
        (Get-ChildItem "$there/fd").Count | Should -Be (Get-ChildItem "$inside/fd").Count
        (Get-Item "$there/registers").Eip | Should -Be (Get-Item "$inside/registers").Eip
        @(Get-ChildItem 'CrImage:/damaged.cr' -Depth 2).Count | Should -BeGreaterThan 20
        Get-ErrorId { Get-ChildItem "$there/memory" | Where-Object { -not $_.Path } | ForEach-Object { $null = Get-Content -LiteralPath $_.PSPath -Raw -ErrorAction Stop } } | Should -Be InvalidImage
    }

    It 'opens an image again that has become another one' {
        $changing = [IO.Path]::Combine($TestDrive, 'changing.cr')
        Copy-Item $image $changing
        $null = Get-CrCheckpoint $changing
        Get-Content "CrImage:/changing.cr/tasks/$($task.ProcessId)/comm" | Should -Be counter
        $other = Start-CrTask /pipeholder -Root $root -Suspended
        $null = $other | Save-CrCheckpoint $changing -Force
        Get-Content "CrImage:/changing.cr/tasks/$($other.ProcessId)/comm" | Should -Be pipeholder
        $other | Remove-CrTask -Force
    }

    It 'completes in a line' {
        $line = "Get-ChildItem 'CrImage:/drive"
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -BeLike '*CrImage:*drive image.cr*'
    }

    It 'reads pipes' {
        $holder = Start-CrTask /pipeholder -Root $root
        $deadline = [DateTime]::UtcNow.AddMinutes(2)
        do { $pipe = Get-ChildItem "CrTask:/$($holder.Id)/fd" | Where-Object Kind -EQ Pipe | Select-Object -First 1 } until (($pipe -and (Get-Content -LiteralPath $pipe.PSPath)) -or [DateTime]::UtcNow -gt $deadline)
        $holder = $holder | Suspend-CrTask
        $file = [IO.Path]::Combine($TestDrive, 'pipe.cr')
        $null = $holder | Save-CrCheckpoint $file
        $null = Get-CrCheckpoint $file
        Get-Content "CrImage:/pipe.cr/tasks/$($holder.ProcessId)/fd/$($pipe.Number)" | Should -Be bytes
        $holder | Remove-CrTask -Force
    }

    It 'cannot be changed: <what>' -ForEach @(
        @{ what = 'Set-Content'; script = { Set-Content "$inside/root/etc/motd" x -ErrorAction Stop } }
        @{ what = 'Add-Content'; script = { Add-Content "$inside/root/etc/motd" x -ErrorAction Stop } }
        @{ what = 'Clear-Content'; script = { Clear-Content "$inside/root/etc/motd" -ErrorAction Stop } }
        @{ what = 'New-Item'; script = { New-Item "$inside/root/etc/new" -ItemType File -ErrorAction Stop } }
        @{ what = 'Rename-Item'; script = { Rename-Item "$inside/root/etc/motd" x -ErrorAction Stop } }
        @{ what = 'Move-Item'; script = { Move-Item "$inside/root/etc/motd" "$inside/root" -ErrorAction Stop } }
        @{ what = 'Remove-Item'; script = { Remove-Item "$inside/root/etc/motd" -ErrorAction Stop } }
    ) {
        Get-ErrorId $script | Should -Be ReadOnly
        Get-Content "$inside/root/etc/motd" | Should -Be 'of the image'
    }
}

Describe 'A drive of its own' {
    AfterEach { Get-PSDrive | Where-Object { $_.Provider.Name -eq 'CrImage' -and $_.Name -ne 'CrImage' } | Remove-PSDrive }

    It 'begins at an image, with the files of its root' {
        $drive = New-PSDrive -Name mine -PSProvider CrImage -Root $image -Files $root
        $drive.Name | Should -Be mine
        Get-Content "mine:/tasks/$($task.ProcessId)/root/etc/other" | Should -Be 'of the root'
        Get-Content "mine:/tasks/$($task.ProcessId)/root/etc/motd" | Should -Be 'of the image'
        Push-Location "mine:/tasks/$($task.ProcessId)/vma"
        (Get-ChildItem).Count | Should -Be (Get-CrVma $image).Count
        Set-Location ../../..
        (Get-ChildItem -Name) | Should -Be header, objects, records, tasks
        Pop-Location
    }

    It 'reads what memory shows of files from the root, if it is what it was' {
        $where = "tasks/$($task.ProcessId)"
        # Without a root it is said whose the page is, and where it can be had.
        Copy-Item $image ([IO.Path]::Combine($TestDrive, 'unrooted.cr'))
        $null = Get-CrCheckpoint ([IO.Path]::Combine($TestDrive, 'unrooted.cr'))
        $problem = try { Get-Content "CrImage:/unrooted.cr/$where/memory/08048000" -ErrorAction Stop } catch { $_ }
        $problem.FullyQualifiedErrorId | Should -BeLike 'PageNotInImage,*'
        $problem.Exception.Message | Should -BeLike '*/counter*'
        $problem.ErrorDetails.RecommendedAction | Should -BeLike '*-Files*'

        $live = $task | Get-CrMemory -Address 0x08048000 -Length 4096 -Raw
        foreach ($from in @{ image = $image; name = 'ours' }, @{ image = $five; name = 'fives' }) {
            $null = New-PSDrive -Name $from.name -PSProvider CrImage -Root $from.image -Files $root
            (Get-Content "$($from.name):/$where/memory/08048000-08049000" -Raw) | Should -Be $live
            Get-Content "$($from.name):/$where/vma/08048000-08049000" -TotalCount 4 | Should -Be 0x7f, 0x45, 0x4c, 0x46
            (Get-ChildItem "$($from.name):/$where/vma" | Where-Object Path | Get-CrMemory -Length 4 -Raw) | Should -Be 0x7f, 0x45, 0x4c, 0x46
        }

        $lacking = [IO.Path]::Combine($TestDrive, 'lacking')
        $null = [IO.Directory]::CreateDirectory($lacking)
        $changed = [IO.Path]::Combine($TestDrive, 'changed')
        $null = [IO.Directory]::CreateDirectory($changed)
        [IO.File]::WriteAllBytes([IO.Path]::Combine($changed, 'counter'), [byte[]]::new(9000))
        foreach ($bad in @{ files = $lacking; says = '*has no /counter*' }, @{ files = $changed; says = '*another file*' }) {
            $copy = [IO.Path]::Combine($TestDrive, "$([IO.Path]::GetFileName($bad.files)).cr")
            Copy-Item $image $copy
            $null = New-PSDrive -Name bad -PSProvider CrImage -Root $copy -Files $bad.files
            $problem = try { Get-Content "bad:/$where/memory/08048000" -ErrorAction Stop } catch { $_ }
            $problem.FullyQualifiedErrorId | Should -BeLike 'PageNotInImage,*'
            $problem.Exception.Message | Should -BeLike $bad.says
            # What the image has itself is there all the same.
            @(Get-Content "bad:/$where/memory/bfffff00" -TotalCount 16).Count | Should -Be 16
            Remove-PSDrive bad
        }
        Get-ErrorId { New-PSDrive -Name none -PSProvider CrImage -Root $image -Files ([IO.Path]::Combine($TestDrive, 'nowhere')) -ErrorAction Stop } | Should -Be DirectoryNotFound
    }

    It 'takes the files of an archive' {
        $tar = New-CrRoot $root -DestinationPath ([IO.Path]::Combine($TestDrive, 'root.tar'))
        $null = New-PSDrive -Name packed -PSProvider CrImage -Root $image -Files $tar
        Get-Content "packed:/tasks/$($task.ProcessId)/root/etc/other" | Should -Be 'of the root'
    }

    It 'opens an encrypted image' {
        $secret = New-Secret 'open sesame'
        $shut = [IO.Path]::Combine($TestDrive, 'shut.cr')
        $null = $task | Save-CrCheckpoint $shut -Protection $secret
        Get-ErrorId { New-PSDrive -Name shut -PSProvider CrImage -Root $shut -ErrorAction Stop } | Should -Not -Be none
        $null = New-PSDrive -Name shut -PSProvider CrImage -Root $shut -Protection $secret
        (Get-ChildItem "shut:/tasks/$($task.ProcessId)/vma").Count | Should -Be (Get-CrVma $image).Count
    }

    It 'needs an image' {
        Get-ErrorId { New-PSDrive -Name none -PSProvider CrImage -Root ([IO.Path]::Combine($TestDrive, 'none.cr')) -ErrorAction Stop } | Should -Not -Be none
        Get-PSDrive none -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }
}

Describe 'A v5 image' {
    It 'has its task, and no files' {
        $file = [IO.Path]::Combine($TestDrive, 'five.cr')
        $null = $task | Save-CrCheckpoint $file -Format V5 -WarningAction SilentlyContinue
        $null = Get-CrCheckpoint $file
        $there = "CrImage:/five.cr/tasks/$($task.ProcessId)"
        (Get-ChildItem "$there/vma").ForEach('Start') | Should -Be (Get-CrVma $file).ForEach('Start')
        Get-Content "$there/environment" | Should -Contain 'ONE=1'
        ((Get-Item "$there/auxv").Value | Where-Object Name -EQ AT_PAGESZ).Value | Should -Be 4096
        Get-ErrorId { Get-ChildItem "$there/root" -ErrorAction Stop } | Should -Be FileNotInImage
        Get-ErrorId { Get-Content "$there/fd/0" -ErrorAction Stop } | Should -Be FileNotInImage
    }
}
