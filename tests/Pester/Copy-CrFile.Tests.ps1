# Copy-CrFile: files out of guests and into them. That copies stay where they belong whatever a guest has is held by the tests of the core as well.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $repository = Get-RepositoryRoot
    $root = [IO.Path]::Combine($TestDrive, 'rootfs')
    $null = [IO.Directory]::CreateDirectory([IO.Path]::Combine($root, 'data', 'sub'))
    Copy-Item ([IO.Path]::Combine($repository, 'tests', 'guests', 'bin', 'counter')) $root
    [IO.File]::WriteAllText([IO.Path]::Combine($root, 'data', 'one.txt'), 'one')
    [IO.File]::WriteAllText([IO.Path]::Combine($root, 'data', 'two.log'), 'two')
    [IO.File]::WriteAllText([IO.Path]::Combine($root, 'data', 'sub', 'three.txt'), 'three')
    $null = [IO.File]::CreateSymbolicLink([IO.Path]::Combine($root, 'data', 'link'), 'one.txt')
    $null = [IO.File]::CreateSymbolicLink([IO.Path]::Combine($root, 'data', 'sub', 'up'), '../one.txt')
    $task = Start-CrTask /counter -Root $root -Suspended
    $guest = "CrTask:/$($task.Id)/root"
    # All that is in a folder, links not gone into.
    function Get-Names([string] $Folder, [string] $Front = '') {
        foreach ($item in [IO.DirectoryInfo]::new($Folder).GetFileSystemInfos() | Sort-Object Name) {
            "$Front$($item.Name)"
            if ($item -is [IO.DirectoryInfo] -and -not $item.LinkTarget) { Get-Names $item.FullName "$Front$($item.Name)/" }
        }
    }
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Copy-CrFile' {
    BeforeEach {
        $out = [IO.Path]::Combine($TestDrive, 'out')
        if ([IO.Directory]::Exists($out)) { [IO.Directory]::Delete($out, $true) }
        $null = [IO.Directory]::CreateDirectory($out)
        Push-Location $out
    }

    AfterEach { Pop-Location }

    It 'copies a file out, under its own name or another' {
        $task | Copy-CrFile /data/one.txt .
        [IO.File]::ReadAllText([IO.Path]::Combine($out, 'one.txt')) | Should -Be one
        $given = Copy-CrFile /data/one.txt ./other -FromTask $task.Id -PassThru
        $given.FullName | Should -Be ([IO.Path]::Combine($out, 'other'))
        $given.LastWriteTimeUtc | Should -Be ([IO.FileInfo]::new([IO.Path]::Combine($root, 'data', 'one.txt')).LastWriteTimeUtc)
        # A link that is named is followed.
        $task | Copy-CrFile /data/link ./followed
        [IO.File]::ReadAllText([IO.Path]::Combine($out, 'followed')) | Should -Be one
        [IO.FileInfo]::new([IO.Path]::Combine($out, 'followed')).LinkTarget | Should -BeNullOrEmpty
    }

    It 'copies a directory out with its links' {
        $task | Copy-CrFile /data . -Recurse
        Get-Names $out | Should -Be data, data/link, data/one.txt, data/sub, data/sub/three.txt, data/sub/up, data/two.log
        [IO.FileInfo]::new([IO.Path]::Combine($out, 'data', 'sub', 'up')).LinkTarget | Should -Be ../one.txt
        $task | Copy-CrFile /data ./again -Recurse -FollowLink
        [IO.FileInfo]::new([IO.Path]::Combine($out, 'again', 'link')).LinkTarget | Should -BeNullOrEmpty
        [IO.File]::ReadAllText([IO.Path]::Combine($out, 'again', 'sub', 'up')) | Should -Be one
    }

    It 'takes patterns, several paths and literal ones' {
        $task | Copy-CrFile /data/*.txt, /data/two.log .
        Get-Names $out | Should -Be one.txt, two.log
        Set-Content "$guest/tmp/%5Bx%5D" 'brackets'
        $task | Copy-CrFile -LiteralPath '/tmp/[x]' -Destination ./x
        Get-Content ./x | Should -Be brackets
        $task | Copy-CrFile '/tmp/`[x`]' ./y
        Get-Content ./y | Should -Be brackets
        $task | Copy-CrFile /none/*.txt .
        Get-Names $out | Should -Be one.txt, two.log, x, y
    }

    It 'copies in: files, directories, permissions, times' {
        $null = [IO.Directory]::CreateDirectory([IO.Path]::Combine($out, 'in', 'below'))
        $file = [IO.Path]::Combine($out, 'in', 'below', 'file')
        [IO.File]::WriteAllText($file, 'host')
        [IO.File]::SetLastWriteTimeUtc($file, [DateTime]::new(2001, 2, 3, 4, 5, 6, [DateTimeKind]::Utc))
        if ([IO.Path]::DirectorySeparatorChar -eq '/') { [IO.File]::SetUnixFileMode($file, 'UserRead, UserWrite, UserExecute') }
        Copy-CrFile ./in /tmp -ToTask $task -Recurse
        $copied = Get-Item "$guest/tmp/in/below/file"
        $copied.LastWriteTime.UtcDateTime | Should -Be ([DateTime]::new(2001, 2, 3, 4, 5, 6, [DateTimeKind]::Utc))
        $copied.UserId | Should -Be 0
        if ([IO.Path]::DirectorySeparatorChar -eq '/') { $copied.Mode | Should -Be '-rwx------' }
        (Copy-CrFile $file /tmp/renamed -ToTask $task -PassThru).Path | Should -Be /tmp/renamed
        Get-Content "$guest/tmp/renamed" | Should -Be host
        Get-ChildItem ./in/below | Copy-CrFile -Destination /data -ToTask $task
        Get-Content "$guest/data/file" | Should -Be host
        Remove-Item "$guest/data/file", "$guest/tmp/renamed"
        Remove-Item "$guest/tmp/in" -Recurse
    }

    It 'copies large files and holes as they are' {
        $bytes = [byte[]]::new(3MB)
        [Random]::new(7).NextBytes($bytes)
        [Array]::Clear($bytes, 500000, 1500000)
        [IO.File]::WriteAllBytes([IO.Path]::Combine($out, 'large'), $bytes)
        Copy-CrFile ./large /tmp/large -ToTask $task
        $task | Copy-CrFile /tmp/large ./back
        [Linq.Enumerable]::SequenceEqual([IO.File]::ReadAllBytes([IO.Path]::Combine($out, 'back')), $bytes) | Should -BeTrue
        Remove-Item "$guest/tmp/large"
    }

    It 'copies between guests, and from the drive' {
        $other = Start-CrTask /counter -Root $root -Suspended
        Set-Content "$guest/tmp/for-other" 'mine'
        $task | Copy-CrFile /tmp/for-other /tmp -ToTask $other
        Get-Content "CrTask:/$($other.Id)/root/tmp/for-other" | Should -Be mine
        Get-ChildItem "$guest/data" -Filter *.txt | Copy-CrFile -Destination .
        Get-Names $out | Should -Be one.txt
        $other | Remove-CrTask -Force
        Remove-Item "$guest/tmp/for-other"
    }

    It 'copies out of an image' {
        Set-Content "$guest/tmp/saved" 'saved'
        $checkpoint = $task | Save-CrCheckpoint ([IO.Path]::Combine($out, 'i.cr'))
        Remove-Item "$guest/tmp/saved"
        $checkpoint | Copy-CrFile /tmp/saved .
        Get-Content ./saved | Should -Be saved
        Get-ErrorId { Copy-CrFile /data/one.txt . -FromCheckpoint (Get-CrCheckpoint ./i.cr) -ErrorAction Stop } | Should -Be FileNotInImage
        Copy-CrFile /data . -FromCheckpoint (Get-CrCheckpoint ./i.cr) -Root $root -Recurse
        Get-Content ./data/sub/three.txt | Should -Be three
    }

    It 'replaces nothing without -Force, and with it nothing before it is there' {
        Set-Content ./one.txt 'old'
        Get-ErrorId { $task | Copy-CrFile /data/one.txt . -ErrorAction Stop } | Should -Be FileExists
        Get-Content ./one.txt | Should -Be old
        $task | Copy-CrFile /data/one.txt . -Force
        Get-Content ./one.txt | Should -Be one
        Set-Content "$guest/tmp/there" 'old'
        Get-ErrorId { Copy-CrFile ./one.txt /tmp/there -ToTask $task -ErrorAction Stop } | Should -Be FileExists
        Copy-CrFile ./one.txt /tmp/there -ToTask $task -Force
        Get-Content "$guest/tmp/there" | Should -Be one
        Remove-Item "$guest/tmp/there"
    }

    It 'copies nothing with -WhatIf' {
        $task | Copy-CrFile /data . -Recurse -WhatIf
        Get-Names $out | Should -BeNullOrEmpty
        Set-Content ./x 'x'
        Copy-CrFile ./x /tmp -ToTask $task -WhatIf
        Test-Path "$guest/tmp/x" | Should -BeFalse
    }

    It 'goes on where one of many fails' {
        $null = $task | Copy-CrFile /data/one.txt, /data/none, /data/two.log . -ErrorAction SilentlyContinue -ErrorVariable problems
        Get-Names $out | Should -Be one.txt, two.log
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'GuestFileNotFound,*'
    }

    It 'refuses: <what>' -ForEach @(
        @{ what = 'a directory without -Recurse'; script = { $task | Copy-CrFile /data . -ErrorAction Stop }; id = 'DirectoryNotCopied' }
        @{ what = 'a device'; script = { $task | Copy-CrFile /dev/null . -ErrorAction Stop }; id = 'WrongFileKind' }
        @{ what = 'a path that is not there'; script = { $task | Copy-CrFile /none . -ErrorAction Stop }; id = 'GuestFileNotFound' }
        @{ what = 'several files to one name'; script = { $task | Copy-CrFile /data/*.* ./single -ErrorAction Stop }; id = 'DestinationNotDirectory' }
        @{ what = 'a root that is no archive'; script = { Copy-CrFile /data/one.txt . -FromCheckpoint ($task | Save-CrCheckpoint) -Root (Join-Path $root counter) -ErrorAction Stop }; id = 'InvalidTar' }
        @{ what = 'a folder that is not there'; script = { $task | Copy-CrFile /data/one.txt ./no/such -ErrorAction Stop }; id = 'DirectoryNotFound' }
        @{ what = 'a host file that is not there'; script = { Copy-CrFile ./none /tmp -ToTask $task -ErrorAction Stop }; id = 'PathNotFound' }
        @{ what = 'a guest directory that is not there'; script = { Copy-CrFile . /no/such -ToTask $task -Recurse -ErrorAction Stop }; id = 'GuestFileNotFound' }
        @{ what = 'no path'; script = { $task | Copy-CrFile -Destination . -ErrorAction Stop }; id = 'PathMissing' }
        @{ what = 'two paths'; script = { $task | Copy-CrFile /a -LiteralPath /b -Destination . -ErrorAction Stop }; id = 'ParameterConflict' }
        @{ what = 'a directory into itself'; script = { $task | Copy-CrFile /data /data/sub -ToTask $task -Recurse -ErrorAction Stop }; id = 'CopyIntoItself' }
        @{ what = 'a number that no task has'; script = { Copy-CrFile /a . -FromTask 99999 -ErrorAction Stop }; id = 'ParameterArgumentTransformationError' }
    ) {
        Get-ErrorId $script | Should -Be $id
        Get-Names $out | Should -BeNullOrEmpty
    }
}

Describe 'A hostile guest' {
    BeforeEach {
        $area = [IO.Path]::Combine($TestDrive, 'area')
        if ([IO.Directory]::Exists($area)) { [IO.Directory]::Delete($area, $true) }
        $out = [IO.Path]::Combine($area, 'out')
        $null = [IO.Directory]::CreateDirectory($out)
        [IO.File]::WriteAllText([IO.Path]::Combine($area, 'secret'), 'secret')
        $null = New-Item "$guest/tmp/trap" -ItemType Directory
    }

    AfterEach {
        Remove-Item "$guest/tmp/trap" -Recurse
        [IO.File]::ReadAllText([IO.Path]::Combine($area, 'secret')) | Should -Be secret
        @([IO.Directory]::GetFileSystemEntries($area)).Count | Should -Be 2
    }

    It 'gets no link made that leads out: <target>' -ForEach @(@{ target = '../../../secret' }, @{ target = '/etc/passwd' }, @{ target = 'x/../../../secret' }) {
        $null = New-Item "$guest/tmp/trap/link" -ItemType SymbolicLink -Value $target
        Set-Content "$guest/tmp/trap/good" 'good'
        $null = $task | Copy-CrFile /tmp/trap $out -Recurse -ErrorAction SilentlyContinue -ErrorVariable problems
        @($problems).Count | Should -Be 1
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'LinkLeadsOut,*'
        Get-Names $out | Should -Be trap, trap/good
    }

    It 'cannot have a copy written through a link that it got made before' {
        $null = New-Item "$guest/tmp/trap/d" -ItemType SymbolicLink -Value ..
        $task | Copy-CrFile /tmp/trap $out -Recurse
        Remove-Item "$guest/tmp/trap/d"
        $null = New-Item "$guest/tmp/trap/d" -ItemType Directory
        Set-Content "$guest/tmp/trap/d/secret" 'overwritten'
        $null = $task | Copy-CrFile /tmp/trap $out -Recurse -Force -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        Get-Names $out | Should -Be trap, trap/d
    }

    It 'cannot have its links followed out of its root' {
        $null = New-Item "$guest/tmp/trap/passwd" -ItemType SymbolicLink -Value ../../../../../../../../etc/passwd
        $null = $task | Copy-CrFile /tmp/trap $out -Recurse -FollowLink -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'GuestFileNotFound,*'
        Get-Names $out | Should -Be trap
    }
}
