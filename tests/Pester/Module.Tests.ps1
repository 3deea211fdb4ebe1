# The module as a whole: what it exports, how its cmdlets are made, that import, removal and Ctrl+C do what they should.

BeforeDiscovery {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $cmdlets = @((Get-Command -Module CheckpointRestart -CommandType Cmdlet).ForEach({ @{ name = $_.Name } }))
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $repository = Get-RepositoryRoot
    $counter = [IO.Path]::Combine($repository, 'tests', 'guests', 'bin', 'counter')
    $manifest = Get-ModuleManifest
    $approved = foreach ($type in [Management.Automation.PSObject].Assembly.GetExportedTypes().Where({ $_.FullName -match '^System\.Management\.Automation\.Verbs' })) { $type.GetFields().Name }
    $formats = [xml][IO.File]::ReadAllText([IO.Path]::Combine($repository, 'src', 'CheckpointRestart.PS', 'CheckpointRestart.Format.ps1xml'))
}

Describe 'The manifest' {
    It 'is valid' {
        $module = Test-ModuleManifest $manifest
        $module.Name | Should -Be CheckpointRestart
        $module.CompatiblePSEditions | Should -Be Core
        $module.PowerShellVersion | Should -Be '7.6'
    }

    It 'exports the cmdlets of the assembly and nothing else' {
        $module = Get-Module CheckpointRestart
        $declared = foreach ($type in (Get-Command Start-CrTask).ImplementingType.Assembly.GetExportedTypes()) {
            foreach ($attribute in $type.GetCustomAttributes([Management.Automation.CmdletAttribute], $false)) { "$($attribute.VerbName)-$($attribute.NounName)" }
        }
        @($module.ExportedCommands.Keys | Sort-Object) | Should -Be @($declared | Sort-Object)
    }
}

Describe '<name>' -ForEach $cmdlets {
    BeforeAll { $command = Get-Command $name }

    It 'has an approved verb and a singular noun with the prefix' {
        $approved | Should -Contain $command.Verb
        $command.Noun | Should -MatchExactly '^Cr[A-Z][A-Za-z]*[^s]$'
    }

    It 'has an output type, and each of the module''s own has a table and a list' {
        $command.OutputType.Count | Should -BeGreaterThan 0
        foreach ($type in @($command.OutputType.Name) -like 'CheckpointRestart.*') {
            $views = @($formats.Configuration.ViewDefinitions.View.Where({ $_.ViewSelectedBy.TypeName -contains $type }))
            @($views.Where({ $_.Item('TableControl') })).Count | Should -Be 1 -Because $type
            @($views.Where({ $_.Item('ListControl') })).Count | Should -Be 1 -Because $type
        }
    }

    It 'asks before it changes anything' {
        # What is received runs here from then on.
        $changes = $command.Verb -notin 'Compare', 'Find', 'Get', 'Measure', 'Receive', 'Show', 'Test', 'Wait' -or $name -eq 'Receive-CrMachine'
        $command.Parameters.ContainsKey('WhatIf') | Should -Be $changes
    }

    It 'has a page, a Pester file, and help with examples' {
        Test-Path ([IO.Path]::Combine($repository, 'docs', 'cmdlets', "$name.md")) | Should -BeTrue
        Test-Path ([IO.Path]::Combine($PSScriptRoot, "$name.Tests.ps1")) | Should -BeTrue
        $help = Get-Help $name -Full
        $help.Synopsis | Should -Not -BeNullOrEmpty
        @($help.examples.example).Count | Should -BeGreaterOrEqual 3
        $common = [Management.Automation.PSCmdlet]::CommonParameters + [Management.Automation.PSCmdlet]::OptionalCommonParameters
        foreach ($parameter in $command.Parameters.Values.Where({ $_.Name -notin $common -and -not $_.Attributes.Where({ $_ -is [Management.Automation.ParameterAttribute] -and $_.DontShow }) })) {
            (Get-Help $name -Parameter $parameter.Name).description.Text | Should -Not -BeNullOrEmpty -Because "-$($parameter.Name)"
        }
    }

    It 'binds tasks by value and by CrTaskId, never by Id' {
        $id = $command.Parameters['Id']
        if ($id) { $id.Attributes.Where({ $_ -is [Management.Automation.ParameterAttribute] }).ValueFromPipelineByPropertyName | Should -Not -Contain $true }
        if ($command.Verb -in 'Save', 'Start' -and $command.Parameters.ContainsKey('Path')) {
            $command.Parameters['Path'].Attributes.Where({ $_ -is [Management.Automation.ParameterAttribute] -and ($_.ValueFromPipeline -or $_.ValueFromPipelineByPropertyName) }).Count | Should -Be 0
        }
    }
}

Describe 'Views' {
    It 'fit 120 columns: <_>' -ForEach @('CrTask', 'CrMachine', 'CrCheckpoint', 'CrCheckpointSchedule', 'CrCheckpointShare', 'CrCheckpointTest', 'CrMove', 'CrImageTask', 'CrObject', 'CrObstacle', 'CrTaskTest', 'CrHeader', 'CrRecord', 'CrVma', 'CrPage', 'CrDifference', 'CrEntry', 'CrFile', 'CrFileDescriptor', 'CrAuxiliaryValue', 'CrInstruction', 'CrRegister', 'CrMemory', 'CrMemoryMatch', 'CrStackFrame', 'CrStateHash', 'CrSyscall', 'CrDebugJob', 'CrDebugSession', 'CrEdit') {
        $view = $formats.Configuration.ViewDefinitions.View.Where({ $_.Name -eq $_ -or $_.ViewSelectedBy.TypeName -eq "CheckpointRestart.PS.Objects.$_" }, 'First')
        $width = 0
        foreach ($header in $formats.SelectNodes("//View[Name='$_']/TableControl/TableHeaders/TableColumnHeader")) { $width += 1 + $(if ($header.Item('Width')) { [int]$header.Item('Width').InnerText } else { 16 }) }
        $width | Should -BeGreaterThan 10
        $width | Should -BeLessOrEqual 120
    }

    It 'show addresses in hexadecimal and sizes humanly' {
        $text = Start-CrTask $counter -Suspended | Get-CrVma | Out-String -Width 120
        $text | Should -Match '08048000 08049000 r-xp +4K'
        Get-CrTask | Remove-CrTask -Force
    }
}

Describe 'Lists in properties' {
    It 'can be indexed' {
        $task = Start-CrTask $counter -Suspended -ArgumentList 1, 2
        $checkpoint = $task | Save-CrCheckpoint -WarningAction SilentlyContinue
        $objects = @($task; $task.Machine; $checkpoint; $task | Get-CrRegister; Get-CrRegister -Task $task -Name xmm0; $checkpoint | Get-CrRegister; $task | Get-CrInstruction -Count 1; $checkpoint | Get-CrHeader; $checkpoint | Get-CrRecord)
        foreach ($object in $objects) {
            foreach ($property in $object.PSObject.Properties) {
                # A list that the compiler made of a collection expression: PowerShell takes it for a single thing.
                if ($null -ne $property.Value) { $property.Value.GetType().FullName | Should -Not -BeLike '<>*' -Because "$($object.GetType().Name).$($property.Name)" }
            }
        }
        ($task | Get-CrRegister).Xmm[1] | Should -Be ('0' * 32)
        $task.Machine.Tasks[0].Id | Should -Be $task.Id
        $task.ArgumentList[1] | Should -Be 2
        $task | Remove-CrTask -Force
    }
}

Describe 'Completion' {
    BeforeAll { $task = Start-CrTask $counter -Suspended }
    AfterAll { $task | Remove-CrTask -Force }

    It 'completes <line>' -ForEach @(
        @{ line = 'Stop-CrTask -Signal SIGTER'; with = 'SIGTERM' }
        @{ line = 'Stop-CrTask -Signal '; with = 'SIGHUP' }
        @{ line = 'Stop-CrTask -Signal usr'; with = 'SIGUSR2' }
        @{ line = 'Send-CrTask -Signal SIGU'; with = 'SIGURG' }
        @{ line = 'Send-CrTask -Signal SIGRTMIN'; with = 'SIGRTMIN+1' }
        @{ line = 'Stop-CrTask -Name cou'; with = 'counter' }
        @{ line = 'Get-CrRegister -Name ei'; with = 'eip' }
        @{ line = 'Receive-CrTask -Encoding lat'; with = 'latin1' }
        @{ line = 'Start-CrTask -Clock V'; with = 'Virtual' }
        @{ line = 'Get-CrObject -Kind pipe-'; with = 'pipe-end' }
        @{ line = 'Save-CrCheckpoint -Format E'; with = 'Extended' }
        @{ line = 'Get-CrRecord -Type Con'; with = 'Contents' }
    ) {
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain $with
    }

    It 'completes the numbers of tasks, with their names' {
        $line = 'Get-CrTask -Id '
        $match = (TabExpansion2 $line $line.Length).CompletionMatches.Where({ $_.CompletionText -eq "$($task.Id)" })
        $match[0].ListItemText | Should -Be "$($task.Id) counter"
    }
}

Describe 'Ctrl+C' {
    BeforeAll {
        # Runs a script beside this one, in a runspace that has the module, and stops it after a while.
        function Stop-Soon([string] $Script, [object] $Task) {
            $runspace = [runspacefactory]::CreateRunspace([initialsessionstate]::CreateDefault2())
            $runspace.Open()
            try {
                $shell = [powershell]::Create()
                $shell.Runspace = $runspace
                $null = $shell.AddScript("param(`$manifest, `$task, `$counter) Import-Module `$manifest; $Script").AddArgument($manifest).AddArgument($Task).AddArgument($counter)
                $null = $shell.BeginInvoke()
                [Threading.Thread]::Sleep(700)
                $shell.InvocationStateInfo.State | Should -Be Running
                $watch = [Diagnostics.Stopwatch]::StartNew()
                $shell.Stop()
                # Most of a loaded machine's delay; what hangs takes for ever.
                $watch.Elapsed.TotalSeconds | Should -BeLessThan 20
            }
            finally { $runspace.Dispose() }
        }
    }

    It 'stops <what>' -ForEach @(
        @{ what = 'Wait-CrTask'; script = '$task | Resume-CrTask | Wait-CrTask' }
        @{ what = 'Wait-CrTask -Instruction'; script = '$task | Wait-CrTask -Instruction 1e15' }
        @{ what = 'Step-CrTask -Until'; script = '$task | Step-CrTask -Until 1' }
        @{ what = 'Step-CrTask -Count'; script = '$task | Step-CrTask -Count 1000000000000' }
        @{ what = 'Receive-CrTask -Wait'; script = '$task | Resume-CrTask | Receive-CrTask -Wait | Out-Null' }
        @{ what = 'Receive-CrTask -Wait -Raw'; script = '$task | Resume-CrTask | Receive-CrTask -Wait -Raw | Out-Null' }
        @{ what = 'Receive-CrMachine'; script = 'Receive-CrMachine -Port 0 | Out-Null' }
        @{ what = 'Receive-CrMachine on a silent stream'; script = '$pipe = [IO.Pipes.AnonymousPipeServerStream]::new("Out"); $end = [IO.Pipes.AnonymousPipeClientStream]::new("In", $pipe.ClientSafePipeHandle); Receive-CrMachine -InputStream $end -OutputStream ([IO.MemoryStream]::new()) | Out-Null' }
        @{ what = 'Move-CrTask to somebody silent'; script = '$pipe = [IO.Pipes.AnonymousPipeServerStream]::new("Out"); $end = [IO.Pipes.AnonymousPipeClientStream]::new("In", $pipe.ClientSafePipeHandle); $task | Move-CrTask -InputStream $end -OutputStream $pipe | Out-Null' }
        @{ what = 'Copy-CrFile'; script = '$large = [IO.Path]::GetTempFileName(); try { $file = [IO.File]::OpenWrite($large); $file.SetLength(500GB); $file.Dispose(); Copy-CrFile $large /tmp/large -ToTask $task } finally { [IO.File]::Delete($large) }' }
        @{ what = 'Send-CrTask to a full stream'; script = 'Send-CrTask $task -InputBytes ([byte[]]::new(20MB))' }
    ) {
        $task = Start-CrTask $counter -Suspended
        Stop-Soon $script $task
        $task.HasExited | Should -BeFalse
        $task | Remove-CrTask -Force
    }

    It 'ends a program that Start-CrTask -Wait runs' {
        $before = @(Get-CrMachine).Count
        Stop-Soon 'Start-CrTask $counter -Wait | Out-Null'
        @(Get-CrMachine).Count | Should -Be $before
    }

    It 'freezes a task again that <what> let go' -ForEach @(
        @{ what = 'Wait-CrTask -Instruction'; script = '$task | Wait-CrTask -Instruction 1e15' }
        @{ what = 'Step-CrTask'; script = '$task | Step-CrTask -Until 1' }
    ) {
        $task = Start-CrTask $counter -Suspended
        Stop-Soon $script $task
        $task.State | Should -Be Frozen
        $task | Remove-CrTask -Force
    }
}

Describe 'Import and removal' {
    It 'ends all machines when the module is removed, and works after another import' {
        Invoke-FreshHost {
            param($manifest, $counter)
            $task = Start-CrTask $counter
            Remove-Module CheckpointRestart
            $task.State
            Import-Module $manifest
            @(Get-CrTask).Count
            Start-CrTask $counter -ArgumentList 2, 10 -Wait
            Import-Module $manifest -Force
            Start-CrTask $counter -ArgumentList 1, 10 -Wait
        } -ArgumentList $manifest, $counter | Should -Be Exited, 0, 1, 2, 1
    }

    It 'lets go of the ports of this host' {
        Invoke-FreshHost {
            param($echo)
            $task = Start-CrTask $echo -ArgumentList 7000 -PublishPort 7000
            $port = $task.PublishedPorts[0].HostPort
            Remove-Module CheckpointRestart
            $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, $port)
            $listener.Start()
            $listener.Stop()
            'free'
        } -ArgumentList ([IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin', 'echoserver')) | Should -Be free
    }

    It 'keeps what it depends on out of the way of others' {
        $loaded = [Runtime.Loader.AssemblyLoadContext]::All.Where({ $_.Name -eq 'CheckpointRestart' }).Assemblies.GetName().Name
        $loaded | Should -Contain CheckpointRestart.Core
        [Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.GetName().Name | Should -Not -Contain CheckpointRestart.Core
    }
}
