# Tables, lists and wide views, of real objects of every type: what fits, what stays when there is little room, and colours.

BeforeDiscovery {
    # The columns without which a table would be of no use: they stay at 80 columns.
    $types = @(
        @{ type = 'CrAuxiliaryValue'; main = 'Type', 'Name', 'Value' }
        @{ type = 'CrEntry'; main = 'Name', 'Kind', 'Holds' }
        @{ type = 'CrFile'; main = 'Mode', 'User', 'Group', 'Size', 'Modified', 'Name' }
        @{ type = 'CrFloatRegister'; main = 'Register', 'Value', 'Meaning' }
        @{ type = 'CrSegmentRegister'; main = 'Register', 'Value', 'Meaning' }
        @{ type = 'CrVectorRegister'; main = 'Register', 'Value', 'Meaning' }
        @{ type = 'CrTask'; main = 'Id', 'Name', 'Pid', 'Machine', 'State', 'Exit', 'Instructions', 'Waits for' }
        @{ type = 'CrLiveTaskNode'; main = 'Id', 'Pid', 'Machine', 'State', 'Instructions', 'Task' }
        @{ type = 'CrImageTaskNode'; main = 'Id', 'Pid', 'Machine', 'State', 'Instructions', 'Task' }
        @{ type = 'CrMachine'; main = 'Id', 'State', 'Tasks', 'Instructions', 'Clock', 'Root' }
        @{ type = 'CrRoot'; main = 'Files', 'MiB', 'Packages', 'Path' }
        @{ type = 'CrCheckpoint'; main = 'Name', 'Pid', 'Tasks', 'Format', 'Taken', 'Size', 'Path' }
        @{ type = 'CrCheckpointSchedule'; main = 'Name', 'State', 'Saved', 'Failed', 'Restarts', 'Last save', 'Every' }
        @{ type = 'CrCheckpointShare'; main = 'Name', 'Size', '%', 'Objects', 'Pages' }
        @{ type = 'CrCheckpointTest'; main = 'Valid', 'Format', 'Restores', 'Source', 'Problems' }
        @{ type = 'CrDifference'; main = 'Kind', 'Change', 'Pid', 'Place', 'Before' }
        @{ type = 'CrFileDescriptor'; main = 'Fd', 'File', 'Kind', 'Access', 'Position', 'CloExec', 'Path' }
        @{ type = 'CrHeader'; main = 'Name', 'Pid', 'Format', 'Rev', 'Release', 'Time', 'Source' }
        @{ type = 'CrImageTask'; main = 'Pid', 'Name', 'Tgid', 'Parent', 'State', 'Saved', 'Image' }
        @{ type = 'CrInstruction'; main = 'Next', 'Address', 'Place', 'Bytes', 'Instruction' }
        @{ type = 'CrMemory'; main = 'Address', 'Bytes', 'Text' }
        @{ type = 'CrMemoryMatch'; main = 'Address', 'Length', 'Text', 'Region' }
        @{ type = 'CrMove'; main = 'Name', 'Task', 'Pause ms', 'Size', 'MiB/s', 'Destination' }
        @{ type = 'CrObject'; main = 'Number', 'Kind', 'Length', 'Fields' }
        @{ type = 'CrObstacle'; main = 'Errno', 'Object', 'Reason' }
        @{ type = 'CrPage'; main = 'Address', 'State', 'Region' }
        @{ type = 'CrRecord'; main = 'Offset', 'Record', 'Length', 'Parent', 'Raw', 'Payload' }
        @{ type = 'CrRegister'; main = 'Register', 'Value', 'Meaning' }
        @{ type = 'CrRegisters'; main = 'Eip', 'Esp', 'Ebp', 'Eax', 'Ebx', 'Ecx', 'Edx', 'Esi', 'Edi' }
        @{ type = 'CrStateHash'; main = 'Hash', 'Scope', 'Source' }
        @{ type = 'CrSyscall'; main = 'Pid', 'Instruction', 'Call' }
        @{ type = 'CrTaskTest'; main = 'Task', 'Format', 'Can save', 'Obstacles' }
        @{ type = 'CrStackFrame'; main = 'Level', 'Address', 'Place' }
        @{ type = 'CrDebugSession'; main = @() }
        @{ type = 'CrDebugJob'; main = @() }
        @{ type = 'CrEdit'; main = @('Change') }
        @{ type = 'CrVma'; main = 'Start', 'End', 'Perm', 'Size', 'Stored', 'Kind', 'Offset', 'Name' }
    )
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $formats = [xml][IO.File]::ReadAllText([IO.Path]::Combine((Get-RepositoryRoot), 'src', 'CheckpointRestart.PS', 'CheckpointRestart.Format.ps1xml'))

    $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
    $parent = Start-CrTask ([IO.Path]::Combine($guests, 'childholder'))
    foreach ($i in 1..3000) { if (@(Get-CrTask -Machine $parent.Machine).Count -gt 1) { break }; [Threading.Thread]::Sleep(20) }
    $parent | Suspend-CrTask | Out-Null
    $ended = Start-CrTask ([IO.Path]::Combine($guests, 'hello')) | Wait-CrTask -Timeout 60
    $image = Join-Path $TestDrive 'an image with a long name.cr'
    $checkpoint = $task | Save-CrCheckpoint $image
    $broken = Join-Path $TestDrive broken.cr
    [IO.File]::WriteAllBytes($broken, [IO.File]::ReadAllBytes($image)[0..999])
    $before = $task | Save-CrCheckpoint
    $task | Step-CrTask -Count 100 | Out-Null
    $folder = Join-Path $TestDrive rootfs
    $null = [IO.Directory]::CreateDirectory($folder)
    Copy-Item $counter $folder
    # What tables have little room for: a name that is as long as names may be, and one that ends a line.
    $housed = Start-CrTask /counter -Root $folder -Suspended
    $null = New-Item "CrTask:/$($housed.Id)/root/$('n' * 255)" -ItemType File -Value text
    $null = New-Item "CrTask:/$($housed.Id)/root/two%0Alines" -ItemType SymbolicLink -Value $('to/' * 60)
    $moved = Start-CrTask $counter -Suspended
    $job = Receive-CrMachine -Port 0 -FilePath $counter -AsJob

    $debugger = $parent | Debug-CrTask -AsJob

    $real = @{
        CrTask               = @($task; $parent; $ended; Get-CrTask -Machine $parent.Machine)
        CrLiveTaskNode       = @(Get-CrTask -Tree)
        CrImageTaskNode      = @($parent | Save-CrCheckpoint | Get-CrTask -Tree)
        CrMachine            = @(Get-CrMachine)
        CrRoot               = @(New-CrRoot $folder)
        CrCheckpoint         = @($checkpoint; $before; Get-CrCheckpoint $image; $task | Save-CrCheckpoint -Format V5 -WarningAction SilentlyContinue)
        CrCheckpointSchedule = @($task | Register-CrCheckpointSchedule (Join-Path $TestDrive images) -EverySeconds 3600)
        CrCheckpointShare    = @(foreach ($by in 'Kind', 'Task', 'Region') { $checkpoint | Measure-CrCheckpoint -By $by })
        CrCheckpointTest     = @(Test-CrCheckpoint $image, $broken)
        CrDifference         = @(Compare-CrCheckpoint $before $task)
        CrFileDescriptor     = @($task | Get-CrFileDescriptor; $parent | Get-CrFileDescriptor)
        CrHeader             = @($task | Get-CrHeader; Get-CrHeader $image)
        CrImageTask          = @($parent | Save-CrCheckpoint | Get-CrTask)
        CrInstruction        = @($task | Get-CrInstruction -Count 10)
        CrMemory             = @($task | Get-CrMemory -Address 0x08048000 -Length 256)
        CrMemoryMatch        = @($task | Find-CrMemory -Pattern '[a-z]{3,}')
        CrMove               = @($moved | Move-CrTask -Port $job.Port)
        CrObject             = @(Get-CrObject $image)
        CrObstacle           = @(($parent | Test-CrTask -Format V5).Obstacles)
        CrPage               = @($task | Get-CrPage)
        CrRecord             = @(Get-CrRecord $image)
        CrRegister           = @($task | Get-CrRegister -All)
        CrRegisters          = @($task | Get-CrRegister)
        CrStateHash          = @($task | Get-CrStateHash)
        CrSyscall            = @(Start-CrTask ([IO.Path]::Combine($guests, 'hello')) -Suspended | Trace-CrTask -Resume)
        CrTaskTest           = @($task | Test-CrTask; $parent | Test-CrTask -Format V5)
        CrStackFrame         = @($task | Get-CrStackTrace)
        CrDebugSession       = @($debugger.Session)
        CrDebugJob           = @($debugger)
        CrEdit               = @(($before | Set-CrTask other).Edits)
        CrVma                = @($task | Get-CrVma)
        CrAuxiliaryValue     = @((Get-Item "CrTask:/$($task.Id)/auxv").Value)
        CrEntry              = @(Get-ChildItem "CrTask:/$($task.Id)"; Get-ChildItem CrImage:/ | Where-Object Path -EQ $image | ForEach-Object { Get-ChildItem -LiteralPath $_.PSPath })
        CrFile               = @(Get-ChildItem "CrTask:/$($housed.Id)/root"; Get-ChildItem "CrTask:/$($housed.Id)/root/dev")
        CrFloatRegister      = @($task | Get-CrRegister -Name st*)
        CrSegmentRegister    = @($task | Get-CrRegister -Name ?s)
        CrVectorRegister     = @($task | Get-CrRegister -Name xmm*)
    }

    # Lines of a view without the blanks behind them.
    function Get-Line([object[]] $Objects, [string] $Format, [int] $Width) {
        $text = switch ($Format) {
            Table { $Objects | Format-Table | Out-String -Width $Width }
            List { $Objects | Format-List | Out-String -Width $Width }
            Wide { $Objects | Format-Wide | Out-String -Width $Width }
            Default { $Objects | Out-String -Width $Width }
        }
        $text.Replace("`r", '').Split("`n").TrimEnd()
    }
}

AfterAll {
    Get-CrCheckpointSchedule | Unregister-CrCheckpointSchedule -RemoveFiles
    $job | Wait-Job | Remove-Job
    $debugger | Stop-Job
    $debugger | Remove-Job
    Get-CrTask | Remove-CrTask -Force
}

Describe 'The views of <type>' -ForEach $types {
    It 'are of real objects' {
        $real[$type].Count | Should -BeGreaterThan 0
        $real[$type][0].PSTypeNames | Should -Contain "CheckpointRestart.PS.Objects.$type"
    }

    It 'are tested with an object of the type itself' {
        @($real[$type].ForEach({ $_.GetType().Name })) | Should -Contain $type
    }

    It 'have a table that fits <_> columns, with the main ones' -ForEach 80, 120 {
        $lines = Get-Line $real[$type] Table $_
        foreach ($line in $lines) { $line.Length | Should -BeLessOrEqual $_ -Because $line }
        # In front of it may be what its rows have in common, in one line or, with a long path, in more.
        $first = [Array]::FindIndex($lines, [Predicate[string]] { $args[0].Trim() })
        if ($lines[$first] -match '^   \w+: ') {
            $first = [Array]::FindIndex($lines, $first, [Predicate[string]] { -not $args[0].Trim() })
            $first = [Array]::FindIndex($lines, $first, [Predicate[string]] { $args[0].Trim() })
        }
        $header = $lines[$first]
        $rule = $lines[$first + 1]
        $rule | Should -Match '^[- ]+$'
        foreach ($column in $main) { " $header " | Should -Match " $([regex]::Escape($column)) " }
    }

    It 'cut no number in the table at <_> columns' -ForEach 80, 120 {
        foreach ($line in Get-Line $real[$type] Table $_) { $line | Should -Not -Match '(^| )…[\d,]' }
    }

    It 'have a list' {
        $lines = Get-Line $real[$type] List 120
        @($lines.Where({ $_ -match '^[A-Za-z0-9]+ +: ' })).Count | Should -BeGreaterOrEqual 1
    }

    It 'have a wide view that says which is which' {
        $lines = @((Get-Line $real[$type] Wide 120).Where({ $_.Trim() -and $_ -notmatch '^   \w+: ' }))
        $lines.Count | Should -BeGreaterThan 0
        foreach ($line in $lines) {
            $line.Length | Should -BeLessOrEqual 120
            $line | Should -Not -Match 'CheckpointRestart\.PS\.Objects'
        }
    }
}

Describe 'The table of types' {
    It 'leaves out none that has a view' {
        # Of nodes there are only those of live tasks and of images.
        $known = @($real.Keys) + 'CrTaskNode'
        foreach ($name in @($formats.SelectNodes('//ViewSelectedBy/TypeName').InnerText.ForEach({ $_.Split('.')[-1] }) | Sort-Object -Unique)) { $known | Should -Contain $name }
    }

    It 'has a table, a list and a wide view of each' {
        foreach ($name in @($formats.SelectNodes("//View[TableControl]/ViewSelectedBy/TypeName").InnerText | Sort-Object -Unique)) {
            foreach ($control in 'TableControl', 'ListControl', 'WideControl') {
                @($formats.SelectNodes("//View[$control]/ViewSelectedBy[TypeName='$name']")).Count | Should -Be 1 -Because "$name, $control"
            }
        }
    }
}

Describe 'What tables show' {
    It 'addresses in hexadecimal under each other, permissions as letters, sizes humanly' {
        $lines = Get-Line $real.CrVma Table 120
        $rows = @($lines.Where({ $_ -match '^[0-9a-f]{8} [0-9a-f]{8} [r-][w-][x-][ps] +[0-9.]+[KMG]? ' }))
        $rows.Count | Should -Be $real.CrVma.Count
    }

    It 'a process below its parent' {
        $line = (Get-Line (Get-CrTask -Tree -Machine $parent.Machine) Table 120).Where({ $_ -match 'childholder' })
        $line.Count | Should -Be 2
        $line[1] | Should -Match '└─childholder$'
    }
}

Describe 'What a guest has named' {
    BeforeAll {
        $name = "e`e[31mvil`e]0;x`a`nNEXT$([char]0x202e)"
        $place = Join-Path $TestDrive evil
        $null = [IO.Directory]::CreateDirectory($place)
        Copy-Item $counter $place
        $first = Start-CrTask /counter -Root $place -Suspended
        # What a guest can do by itself: link, rename, prctl(2).
        $null = New-Item "CrTask:/$($first.Id)/root/$([Uri]::EscapeDataString($name))" -ItemType SymbolicLink -Value $name
        $first | Set-CrTask "e`e[31m`nNEXT"
        $before = $first | Save-CrCheckpoint
        $first | Set-CrTask "f`e[31m`nNEXT"
        $evil = @{
            CrTask = @($first)
            CrTaskNode = @(Get-CrTask -Id $first.Id -Tree)
            CrImageTask = @($before.Tasks)
            CrCheckpoint = @($before)
            CrHeader = @($before | Get-CrHeader)
            CrFile = @(Get-ChildItem "CrTask:/$($first.Id)/root")
            CrVma = @($first | Get-CrVma)
            CrFileDescriptor = @($first | Get-CrFileDescriptor)
            CrEdit = @(($before | Set-CrTask "g`e[31m`nNEXT").Edits)
            CrDifference = @(Compare-CrCheckpoint $before $first)
            CrObject = @($before | Get-CrObject -Kind task, dentry, symlink)
            CrRecord = @($before | Get-CrRecord)
            CrTaskTest = @($first | Test-CrTask)
            CrStackFrame = @($first | Get-CrStackTrace)
        }
    }

    It 'does nothing to the terminal: <_>' -ForEach 'CrTask', 'CrTaskNode', 'CrImageTask', 'CrCheckpoint', 'CrHeader', 'CrFile', 'CrVma', 'CrFileDescriptor', 'CrEdit', 'CrDifference', 'CrObject', 'CrRecord', 'CrTaskTest', 'CrStackFrame' {
        $evil[$_].Count | Should -BeGreaterThan 0
        foreach ($format in 'Default', 'Table', 'List', 'Wide') {
            $lines = Get-Line $evil[$_] $format 200
            foreach ($line in $lines) {
                $line | Should -Not -Match '[\p{Cc}\p{Cf}]' -Because $format
                $line | Should -Not -Match '^NEXT' -Because $format
            }
        }
    }

    It 'is what it is in the objects' {
        $first.Name | Should -BeExactly "f`e[31m`nNEXT"
        @((Get-ChildItem "CrTask:/$($first.Id)/root").Name) | Should -Contain $name
    }
}

Describe 'Colours' {
    It 'show what a task does, and leave columns where they are' {
        $old = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'Ansi'
            $coloured = ($task, $ended | Format-Table | Out-String -Width 120).Replace("`r", '')
            $PSStyle.OutputRendering = 'PlainText'
            $plain = ($task, $ended | Format-Table | Out-String -Width 120).Replace("`r", '')
        }
        finally { $PSStyle.OutputRendering = $old }
        $coloured | Should -Match ([regex]::Escape($PSStyle.Foreground.Cyan + 'Frozen' + $PSStyle.Reset))
        $plain | Should -Not -Match "`e"
        ($coloured -replace "`e\[[0-9;]*m").Split("`n").TrimEnd() | Should -Be $plain.Split("`n").TrimEnd()
    }

    It 'are there at a terminal, and not with NO_COLOR' {
        $python = @('/usr/bin/python3', '/usr/local/bin/python3').Where({ [IO.File]::Exists($_) }, 'First')
        if (-not $python) {
            Set-ItResult -Skipped -Because 'there is no python3 to make a terminal'
            return
        }
        $script = Join-Path $TestDrive show.ps1
        [IO.File]::WriteAllText($script, "Import-Module '$(Get-ModuleManifest)'; Start-CrTask '$counter' -Suspended | Get-CrVma | Out-Host; 'finished'")
        foreach ($case in @{ value = $null; seen = "08049000 $([char]27)[33mr-xp" }, @{ value = '1'; seen = '08049000 r-xp' }) {
            $old = $env:NO_COLOR
            try {
                $env:NO_COLOR = $case.value
                $steps = ConvertTo-Json -Compress -InputObject @(@('see', $case.seen), @('see', 'finished'))
                $shown = & $python[0] ([IO.Path]::Combine($PSScriptRoot, 'console.py')) 120 $steps @(Get-HostCommand) -NoProfile -File $script
            }
            finally { $env:NO_COLOR = $old }
            "$shown" | Should -Be "seen $($case.seen) seen finished"
        }
    }
}
