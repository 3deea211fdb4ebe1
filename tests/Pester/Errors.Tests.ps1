# Wrong input, cmdlet by cmdlet: each error has its id, names its object, says what can be done, and changes nothing. What is special to one cmdlet stands in its own file.

BeforeDiscovery {
    $cases = @(
        @{ name = 'Enter-CrTask'; id = 'InvalidDetachKey'; run = { $terminal | Enter-CrTask -DetachKey 'Ctrl-Home' } }
        @{ name = 'Enter-CrTask'; id = 'NoTerminal'; run = { $task | Enter-CrTask } }
        @{ name = 'Enter-CrTask'; id = 'TaskEnded'; run = { $ended | Enter-CrTask } }
        @{ name = 'Send-CrTask'; id = 'NoTerminal'; run = { $task | Send-CrTask -TerminalSize 80x24 } }
        @{ name = 'Send-CrTask'; id = 'InputEnded'; run = { $task | Send-CrTask -EndOfInput; $task | Send-CrTask -InputText more } }
        @{ name = 'Enter-CrTask'; id = 'SeveralTasks'; run = { Enter-CrTask -Name '*' } }
        @{ name = 'Trace-CrTask'; id = 'SyscallNotFound'; run = { $task | Trace-CrTask -Name read, reed -Timeout 1 } }
        @{ name = 'Get-CrTask'; id = 'InvalidWildcard'; run = { Get-CrTask -Name 'a[' } }
        @{ name = 'Stop-CrTask'; id = 'InvalidWildcard'; run = { Stop-CrTask -Name '[' } }
        @{ name = 'Get-CrVma'; id = 'InvalidWildcard'; run = { Get-CrVma -Name '[' } }
        @{ name = 'Get-CrRegister'; id = 'InvalidWildcard'; run = { $task | Get-CrRegister -Name '[' } }
        @{ name = 'Get-CrObject'; id = 'InvalidWildcard'; run = { Get-CrObject $image -Kind '[' } }
        @{ name = 'Start-CrTask'; id = 'InvalidArgument'; run = { Start-CrTask $counter -ArgumentList one, "t`0wo" } }
        @{ name = 'Start-CrTask'; id = 'InvalidEnvironment'; run = { Start-CrTask $counter -Environment @{ A = "b`0c" } } }
        @{ name = 'Resume-CrCheckpointSchedule'; id = 'ScheduleNotFound'; run = { Resume-CrCheckpointSchedule $TestDrive } }
        @{ name = 'Import-CrCheckpoint'; id = 'NoObjects'; run = { Import-CrCheckpoint $json -PagesFrom $five } }
        @{ name = 'Import-CrCheckpoint'; id = 'SeveralFilesOnePath'; run = { Import-CrCheckpoint $json, $same (Join-Path $TestDrive new.cr) } }
        @{ name = 'Receive-CrMachine'; id = 'InvalidToken'; run = { Receive-CrMachine -TokenPath $text } }
        @{ name = 'Receive-CrMachine'; id = 'NoPrivateKey'; run = { Receive-CrMachine -Port 0 -Certificate $public } }
        @{ name = 'Receive-CrMachine'; id = 'ParameterConflict'; run = { Receive-CrMachine -Port 0 -TrustedCertificate $public } }
        @{ name = 'Move-CrTask'; id = 'NoPrivateKey'; run = { $task | Move-CrTask -Port 9 -Certificate $public } }
        @{ name = 'Register-CrCheckpointSchedule'; id = 'TerminalNotSupervised'; run = { $terminal | Register-CrCheckpointSchedule (Join-Path $TestDrive none) -EverySeconds 60 -Supervised } }
        @{ name = 'Register-CrCheckpointSchedule'; id = 'PathIsFile'; run = { $task | Register-CrCheckpointSchedule $text -EverySeconds 60 } }
        @{ name = 'Restore-CrCheckpoint'; id = 'StreamNotReadable'; run = { Restore-CrCheckpoint -Stream $closed } }
        @{ name = 'Restore-CrCheckpoint'; id = 'InvalidBinding'; run = { Restore-CrCheckpoint $image -Bind @{ pipe = 7 } } }
        @{ name = 'Restore-CrCheckpoint'; id = 'InvalidHostName'; run = { Restore-CrCheckpoint $image -Count 3 -HostName one, two } }
        @{ name = 'Restore-CrCheckpoint'; id = 'InvalidPort'; run = { Restore-CrCheckpoint $image -FilePath $counter -PublishPort 70000 } }
        @{ name = 'Restore-CrCheckpoint'; id = 'PortNotAvailable'; run = { Restore-CrCheckpoint $image -FilePath $counter -PublishPort "80:$($listener.LocalEndpoint.Port)" } }
        @{ name = 'Start-CrTask'; id = 'InvalidPort'; run = { Start-CrTask $counter -PublishPort 0:80 } }
        @{ name = 'Start-CrTask'; id = 'PortNotAvailable'; run = { Start-CrTask $counter -PublishPort "80:$($listener.LocalEndpoint.Port)" } }
        @{ name = 'Start-CrTask'; id = 'NotAFileSystemPath'; run = { Start-CrTask Env:/PATH } }
        @{ name = 'Restore-CrCheckpoint'; id = 'InputTooLong'; run = { Restore-CrCheckpoint $image -FilePath $counter -InputText ('x' * 5000) -StreamLimit 4096 } }
        @{ name = 'Restore-CrCheckpoint'; id = 'NotAFileSystemPath'; run = { Restore-CrCheckpoint $image -FilePath Env:/PATH } }
        @{ name = 'Receive-CrMachine'; id = 'PathNotFound'; run = { Receive-CrMachine -Port 0 -FilePath (Join-Path $TestDrive none) } }
        @{ name = 'Receive-CrMachine'; id = 'NotAFileSystemPath'; run = { Receive-CrMachine -Port 0 -FilePath Env:/PATH } }
        @{ name = 'Move-CrTask'; id = 'PathNotFound'; run = { $task | Move-CrTask -Port 9 -RecordPath NoDrive:/x } }
        @{ name = 'Move-CrTask'; id = 'NotAFileSystemPath'; run = { $task | Move-CrTask -Port 9 -RecordPath Env:/x } }
        @{ name = 'Move-CrTask'; id = 'TaskEnded'; run = { $ended | Move-CrTask -Port 9 } }
        @{ name = 'Compare-CrCheckpoint'; id = 'NotAFileSystemPath'; run = { Compare-CrCheckpoint $image Env:/PATH } }
        @{ name = 'Register-CrCheckpointSchedule'; id = 'NotAFileSystemPath'; run = { $task | Register-CrCheckpointSchedule Env:/x -EverySeconds 60 } }
        @{ name = 'New-CrRoot'; id = 'NotAFileSystemPath'; run = { New-CrRoot Env:/PATH } }
        @{ name = 'Send-CrTask'; id = 'TaskNotFound'; run = { Send-CrTask -Id 999999 -InputText x } }
        @{ name = 'Trace-CrTask'; id = 'TaskNotFound'; run = { Trace-CrTask -Id 999999 } }
        @{ name = 'Enter-CrTask'; id = 'TaskNotFound'; run = { Enter-CrTask -Id 999999 } }
        @{ name = 'Copy-CrFile'; id = 'NameMissing'; run = { Copy-CrFile / $TestDrive -FromTask $task -Recurse } }
        @{ name = 'Copy-CrFile'; id = 'NotAFileSystemPath'; run = { Copy-CrFile /counter Env:/x -FromTask $task } }
        @{ name = 'Set-CrEnvironment'; id = 'InvalidEnvironmentValue'; run = { $task | Set-CrEnvironment HOME "a`0b" } }
        @{ name = 'Set-CrEnvironment'; id = 'SeveralFilesOnePath'; run = { Set-CrEnvironment HOME / -Path $image, $image -DestinationPath (Join-Path $TestDrive "$([guid]::NewGuid())") } }
        @{ name = 'Set-CrFileDescriptor'; id = 'TaskEnded'; run = { $ended | Set-CrFileDescriptor 1 /counter } }
        @{ name = 'Set-CrFileDescriptor'; id = 'TaskNotFrozen'; run = { $terminal | Set-CrFileDescriptor 1 /counter } }
        @{ name = 'Set-CrFileDescriptor'; id = 'SeveralFilesOnePath'; run = { Set-CrFileDescriptor 1 /counter -Path $five, $five -DestinationPath (Join-Path $TestDrive "$([guid]::NewGuid())") } }
        @{ name = 'Set-CrMemory'; id = 'SeveralFilesOnePath'; run = { Set-CrMemory 0xbffff000 x -Path $image, $image -DestinationPath (Join-Path $TestDrive "$([guid]::NewGuid())") } }
        @{ name = 'Set-CrRegister'; id = 'SeveralFilesOnePath'; run = { Set-CrRegister eax 1 -Path $image, $image -DestinationPath (Join-Path $TestDrive "$([guid]::NewGuid())") } }
        @{ name = 'Set-CrTask'; id = 'SeveralFilesOnePath'; run = { Set-CrTask other -Path $image, $image -DestinationPath (Join-Path $TestDrive "$([guid]::NewGuid())") } }
        @{ name = 'Resume-CrCheckpointSchedule'; id = 'NoPrivateKey'; run = { Resume-CrCheckpointSchedule (Get-SchedulePath) -SigningCertificate $public } }
        @{ name = 'Save-CrCheckpoint'; id = 'StreamNotWritable'; run = { $task | Save-CrCheckpoint -Stream $closed } }
    )
    $changes = @(
        @{ name = 'Enter-CrTask'; whatif = { $terminal | Enter-CrTask -WhatIf } }
        @{ name = 'Export-CrCheckpoint'; whatif = { Export-CrCheckpoint $image $never -Format Json -WhatIf } }
        @{ name = 'New-CrRoot'; whatif = { New-CrRoot $TestDrive -DestinationPath $never -WhatIf } }
        @{ name = 'Receive-CrMachine'; whatif = { Receive-CrMachine -Port 0 -WhatIf } }
        @{ name = 'Trace-CrTask'; whatif = { $task | Trace-CrTask -Resume -Timeout 0.1 -WhatIf } }
    )
    # What cannot be done to a machine that has lost its memory or failed.
    $lost = @('Enter-CrTask', 'Move-CrTask', 'Register-CrCheckpointSchedule', 'Resume-CrTask', 'Save-CrCheckpoint', 'Send-CrTask', 'Set-CrMemory', 'Set-CrRegister', 'Step-CrTask', 'Suspend-CrTask', 'Test-CrTask', 'Trace-CrTask', 'Wait-CrTask', 'Compare-CrCheckpoint', 'Export-CrCheckpoint', 'Set-CrEnvironment', 'Set-CrFileDescriptor', 'Set-CrTask')
    $stuck = $lost.ForEach({ @{ name = $_ } })
    # Whatever writes an image file refuses the same places.
    foreach ($writer in @(
            @{ name = 'Save-CrCheckpoint'; to = { param($path) $task | Save-CrCheckpoint $path } }
            @{ name = 'Convert-CrCheckpoint'; to = { param($path) Convert-CrCheckpoint $image $path -Format V5 -FilePath $counter -WarningAction Ignore } }
            @{ name = 'Merge-CrCheckpoint'; to = { param($path) Merge-CrCheckpoint $image $path } }
            @{ name = 'Export-CrCheckpoint'; to = { param($path) Export-CrCheckpoint $image $path -Format Json } }
            @{ name = 'Set-CrEnvironment'; to = { param($path) Set-CrEnvironment HOME / -Path $image -DestinationPath $path } }
            @{ name = 'Set-CrFileDescriptor'; to = { param($path) Set-CrFileDescriptor 1 /counter -Path $five -DestinationPath $path } }
            @{ name = 'Set-CrMemory'; to = { param($path) Set-CrMemory 0xbffff000 x -Path $image -DestinationPath $path } }
            @{ name = 'Set-CrRegister'; to = { param($path) Set-CrRegister eax 1 -Path $image -DestinationPath $path } }
            @{ name = 'Set-CrTask'; to = { param($path) Set-CrTask other -Path $image -DestinationPath $path } }
            @{ name = 'Import-CrCheckpoint'; to = { param($path) Import-CrCheckpoint $json $path } })) {
        foreach ($place in @{ id = 'PathIsDirectory'; path = { $TestDrive } }, @{ id = 'DirectoryNotFound'; path = { Join-Path $TestDrive no/where.cr } }, @{ id = 'FileExists'; path = { $text } }, @{ id = 'NotAFileSystemPath'; path = { 'Env:/x.cr' } }, @{ id = 'PathNotFound'; path = { 'NoDrive:/x.cr' } }) {
            $cases += @{ name = $writer.name; id = $place.id; writer = $writer.to; path = $place.path; run = { & $writer (& $path) } }
        }
    }
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 100000
    $terminal = Start-CrTask ([IO.Path]::Combine($guests, 'ttyecho')) -Terminal
    $ended = Start-CrTask ([IO.Path]::Combine($guests, 'hello')) | Wait-CrTask -Timeout 60
    $image = Join-Path $TestDrive x.cr
    $five = Join-Path $TestDrive five.cr
    $json = Join-Path $TestDrive x.json
    $same = Join-Path $TestDrive same.json
    $text = Join-Path $TestDrive text
    $never = Join-Path $TestDrive never
    $null = $task | Save-CrCheckpoint $image
    $null = $task | Save-CrCheckpoint $five -Format V5 -WarningAction Ignore
    $null = Export-CrCheckpoint $image $json -Format Json -IncludePages
    Copy-Item $json $same
    [IO.File]::WriteAllText($text, 'nothing of the sort')
    $closed = [IO.MemoryStream]::new()
    $closed.Dispose()
    $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
    $listener.Start()
    function Get-SchedulePath {
        $schedule = $task | Register-CrCheckpointSchedule (Join-Path $TestDrive schedule) -EverySeconds 3600 -Force
        $schedule | Unregister-CrCheckpointSchedule
        $schedule.Path
    }
    $public = Get-PublicPart (New-Certificate public)
}

AfterAll {
    $listener.Stop()
    Get-CrTask | Remove-CrTask -Force
}

Describe 'Wrong input' {
    It 'is told by <name> as <id>' -ForEach $cases {
        $before = (Get-CrTask).Count
        $problem = $null
        try { $null = . $run 2>&1 | ForEach-Object { if ($_ -is [Management.Automation.ErrorRecord]) { $problem = $_ } } } catch { $problem = $_ }
        $problem.FullyQualifiedErrorId | Should -Be "$id,CheckpointRestart.PS.Commands.$($name.Replace('-', ''))Command"
        $problem.Exception.Message | Should -Not -BeNullOrEmpty
        $problem.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        $problem.CategoryInfo.Category | Should -Not -Be NotSpecified
        (Get-CrTask).Count | Should -Be $before
        [IO.File]::ReadAllText($text) | Should -Be 'nothing of the sort'
    }
}

Describe 'A message' {
    It 'names <what>' -ForEach @(
        @{ what = 'the file that is no image'; run = { Get-CrCheckpoint $text -ErrorAction Stop }; says = { "*'$text'*HEAD*" }; id = 'InvalidImage' }
        @{ what = 'the one image of many that is none'; run = { Get-CrVma $image, $text -ErrorAction Stop }; says = { "*'$text'*HEAD*" }; id = 'InvalidImage' }
        @{ what = 'the image to compare with'; run = { Compare-CrCheckpoint $image $text -ErrorAction Stop }; says = { "*'$text'*HEAD*" }; id = 'InvalidImage' }
        @{ what = 'the root that is no archive'; run = { Start-CrTask /counter -Root $text -ErrorAction Stop }; says = { "*'$text'*byte 0*" }; id = 'InvalidTar' }
        @{ what = 'the archive that is none'; run = { New-CrRoot $text -ErrorAction Stop }; says = { "*'$text'*byte 0*" }; id = 'InvalidTar' }
        @{ what = 'the directory that is no image'; run = { Get-CrCheckpoint "$TestDrive" -ErrorAction Stop }; says = { "*'$TestDrive' is a directory*" }; id = 'PathNotFound' }
        @{ what = 'where nobody listens'; run = { $task | Move-CrTask -Port 1 -Timeout 10 -ErrorAction Stop }; says = { '127.0.0.1:1 cannot be reached*' }; id = 'ConnectionFailed' }
    ) {
        $problem = $null
        try { $null = & $run } catch { $problem = $_ }
        $problem.FullyQualifiedErrorId | Should -BeLike "$id,*"
        $problem.ErrorDetails.Message | Should -BeLike ((& $says).Replace('[', '`['))
        $problem.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'is a sentence also where a floor below has spoken' {
        $problem = $null
        try { $ended | Save-CrCheckpoint -ErrorAction Stop } catch { $problem = $_ }
        $problem.ErrorDetails.Message | Should -MatchExactly '^Task \d+ '
    }

    It 'names the task whose machine is gone' {
        $gone = Start-CrTask $counter -Suspended
        $gone | Remove-CrTask -Force
        $problem = $null
        try { $gone | Get-CrVma -ErrorAction Stop } catch { $problem = $_ }
        $problem.FullyQualifiedErrorId | Should -BeLike 'MachineGone,*'
        $problem.ErrorDetails.Message | Should -Be "Task $($gone.Id) (counter) is gone, and its machine with it."
    }

    It 'has nothing in it that a terminal acts on, whatever a guest calls itself' {
        $task | Set-CrTask "e`e[31m`a`nx"
        try {
            "$task" | Should -Not -Match '\p{Cc}'
            $problem = $null
            try { $task | Remove-CrTask -ErrorAction Stop } catch { $problem = $_ }
            $problem.ErrorDetails.Message | Should -Not -Match '\p{Cc}'
            (Get-CrTask -Name "e`e*").Id | Should -Be $task.Id
            $null = New-Item "CrTask:/$($task.Id)/root/f%1B%0Ax" -ItemType File
            $told = @($task | Copy-CrFile "/f`e`nx" (Join-Path $TestDrive copied) -Verbose 4>&1)
            "$told" | Should -Match 'Copied /f'
            "$told" | Should -Not -Match '\p{Cc}'
        }
        finally { $task | Set-CrTask counter }
    }

    It 'tells of a program what is to be done about a program' {
        $problem = $null
        try { Start-CrTask (Join-Path $TestDrive none) -ErrorAction Stop } catch { $problem = $_ }
        $problem.ErrorDetails.RecommendedAction | Should -Match 'program'
    }
}

Describe 'With -WhatIf' {
    It 'nothing happens: <name>' -ForEach $changes {
        $before = $task.State, $terminal.State, (Get-CrTask).Count
        & $whatif | Should -BeNullOrEmpty
        $task.State, $terminal.State, (Get-CrTask).Count | Should -Be $before
        Test-Path $never | Should -BeFalse
    }
}

Describe 'A machine that cannot go on' {
    BeforeAll {
        $with = @{
            'Compare-CrCheckpoint'          = { param($bad) Compare-CrCheckpoint $image $bad -ErrorAction Stop }
            'Enter-CrTask'                  = { param($bad) $bad | Enter-CrTask -ErrorAction Stop }
            'Move-CrTask'                   = { param($bad) $bad | Move-CrTask -Port 9 -ErrorAction Stop }
            'Register-CrCheckpointSchedule' = { param($bad) $bad | Register-CrCheckpointSchedule (Join-Path $TestDrive none) -EverySeconds 60 -ErrorAction Stop }
            'Export-CrCheckpoint'           = { param($bad) Export-CrCheckpoint $image (Join-Path $TestDrive bad.html) -Format Html -ReferenceObject $bad -ErrorAction Stop }
            'Set-CrEnvironment'             = { param($bad) $bad | Set-CrEnvironment HOME / -ErrorAction Stop }
            'Set-CrFileDescriptor'          = { param($bad) $bad | Set-CrFileDescriptor 1 /counter -ErrorAction Stop }
            'Set-CrTask'                    = { param($bad) $bad | Set-CrTask other -ErrorAction Stop }
            'Send-CrTask'                   = { param($bad) $bad | Send-CrTask -InputText x -ErrorAction Stop }
            'Set-CrMemory'                  = { param($bad) $bad | Set-CrMemory 0x08049000 x -ErrorAction Stop }
            'Set-CrRegister'                = { param($bad) $bad | Set-CrRegister eax 1 -ErrorAction Stop }
            'Trace-CrTask'                  = { param($bad) $bad | Trace-CrTask -Timeout 1 -ErrorAction Stop }
            'Wait-CrTask'                   = { param($bad) $bad | Wait-CrTask -Instruction 1e12 -ErrorAction Stop }
        }
        $type = (Get-Command Start-CrTask).ImplementingType.Assembly.GetType('CheckpointRestart.PS.Objects.CrMachine')
        # A defect that ends a machine, as nothing that a guest does can bring it about.
        $broken = Start-CrTask $counter -Suspended
        $kernel = $type.GetProperty('Kernel', [Reflection.BindingFlags]'Instance, NonPublic').GetValue($broken.Machine)

        # Damaged pages do it; Restore-CrCheckpoint's tests have some.
        $lossType = $kernel.GetType().GetProperty('Loss').PropertyType
        function Set-Lost([bool] $On) {
            $value = if ($On) { $lossType.GetConstructors()[0].Invoke(@('a page is damaged', $null)) }
            $kernel.GetType().GetField('loss', [Reflection.BindingFlags]'Instance, NonPublic').SetValue($kernel, $value)
        }

        function Set-Property([string] $Name, $Value) { $kernel.GetType().GetProperty($Name).GetSetMethod($true).Invoke($kernel, @($Value)) }
    }

    It 'is told as what it is: <name>' -ForEach $stuck {
        $run = if ($with.ContainsKey($name)) { $with[$name] } else { [scriptblock]::Create("param(`$bad) `$bad | $name -ErrorAction Stop") }
        Set-Property Failure ([InvalidOperationException]::new('a defect'))
        try { { & $run $broken } | Should -Throw -ErrorId "MachineFailed,CheckpointRestart.PS.Commands.$($name.Replace('-', ''))Command" }
        finally { Set-Property Failure $null }
        Set-Lost $true
        try { { & $run $broken } | Should -Throw -ErrorId "MemoryLost,CheckpointRestart.PS.Commands.$($name.Replace('-', ''))Command" }
        finally { Set-Lost $false }
    }
}
