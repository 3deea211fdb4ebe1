# Completion: of every parameter that has something to complete.

BeforeDiscovery {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $common = [Management.Automation.PSCmdlet]::CommonParameters + [Management.Automation.PSCmdlet]::OptionalCommonParameters
    $parameters = foreach ($command in Get-Command -Module CheckpointRestart -CommandType Cmdlet) {
        foreach ($parameter in $command.Parameters.Values) {
            if ($parameter.Name -in $common -or $parameter.SwitchParameter) { continue }
            if ($parameter.Attributes.Where({ $_ -is [Management.Automation.ParameterAttribute] -and $_.DontShow })) { continue }
            @{ command = $command.Name; parameter = $parameter.Name }
        }
    }
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $repository = Get-RepositoryRoot
    $root = [IO.Path]::Combine($TestDrive, 'rootfs')
    foreach ($folder in 'etc', 'data', 'data/inner') { $null = [IO.Directory]::CreateDirectory([IO.Path]::Combine($root, $folder)) }
    Copy-Item ([IO.Path]::Combine($repository, 'tests', 'guests', 'bin', 'counter')) $root
    [IO.File]::WriteAllText([IO.Path]::Combine($root, 'etc', 'passwd'), "root:x:0:0::/:/bin/sh`nwww-data:x:33:33::/:/bin/sh`n")
    [IO.File]::WriteAllText([IO.Path]::Combine($root, 'data', 'with blank'), '')
    $task = Start-CrTask /counter -Root $root -Suspended
    $image = [IO.Path]::Combine($TestDrive, 'x.cr')
    $checkpoint = $task | Save-CrCheckpoint $image

    # What nothing can be offered for: amounts, free text, objects and secrets. Paths of the host and roots are the engine's to complete, and so are enumerations.
    $amounts = 'Before', 'Count', 'Depth', 'DescriptorLimit', 'EveryInstructions', 'EverySeconds', 'FileLimit', 'FullEvery', 'HeartbeatTimeout', 'Instruction', 'Keep', 'Length', 'MemoryLimit', 'Port', 'PreCopy', 'RestartDelay', 'RestartLimit', 'RestartWithin', 'Seed', 'StreamLimit', 'StringLength', 'TargetLength', 'TaskLimit', 'Timeout', 'TerminalSize', 'Width'
    $texts = 'ArgumentList', 'Bind', 'ComputerName', 'DetachKey', 'Environment', 'HexString', 'HostName', 'InputText', 'KernelVersion', 'NewName', 'Pattern', 'PublishPort', 'Set', 'Text', 'Token', 'Value', 'InputBytes'
    $objects = 'Certificate', 'Checkpoint', 'DifferenceObject', 'File', 'FromCheckpoint', 'ImageTask', 'InputObject', 'InputStream', 'Machine', 'OutputStream', 'Page', 'Protection', 'ReferenceObject', 'Schedule', 'Secret', 'SigningCertificate', 'Stream', 'Task', 'TrustedCertificate', 'TrustedSigner', 'Vma'
    $hostPaths = 'DestinationPath', 'FilePath', 'HostPath', 'LiteralPath', 'PagesFrom', 'Parent', 'Path', 'RecordPath', 'Root', 'TokenPath'
    # A name that is to be a new one, and an address of this machine's.
    $fresh = 'Register-CrCheckpointSchedule -Name', 'Receive-CrMachine -Address'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Every parameter' {
    It 'completes or has nothing to complete: <command> -<parameter>' -ForEach $parameters {
        $found = (Get-Command $command).Parameters[$parameter]
        $type = $found.ParameterType
        if ($type.IsArray) { $type = $type.GetElementType() }
        $type = if ([Nullable]::GetUnderlyingType($type)) { [Nullable]::GetUnderlyingType($type) } else { $type }
        $completes = $type.IsEnum -or $found.Attributes.Where({ $_ -is [ArgumentCompleter] -or $_ -is [ValidateSet] })
        $isLeft = $parameter -in $amounts -or $parameter -in $texts -or $parameter -in $objects -or $parameter -in $hostPaths -or "$command -$parameter" -in $fresh
        [bool]$completes -or $isLeft | Should -BeTrue -Because "-$parameter takes $($found.ParameterType) and neither completes nor stands among what cannot"
        # Nothing that completes by the rule of its kind stands without.
        if ($parameter -in 'Id', 'TaskName', 'ProcessId', 'Number', 'PointerTo', 'Signal', 'Encoding', 'User', 'FromTask', 'ToTask', 'Kind', 'Type', 'Format', 'Engine', 'Cpu', 'Clock', 'MachineId') { [bool]$completes | Should -BeTrue }
    }
}

Describe 'A line' {
    It 'completes: <line>' -ForEach @(
        @{ line = 'Get-CrVma -Id {0} -Address 0x0804'; with = '0x08048000' }
        @{ line = 'Get-CrMemory -Id {0} -Address stack'; with = '0xbf*' }
        @{ line = 'Get-CrMemory -Name counter -Address 0x0804'; with = '0x08048000' }
        @{ line = 'Set-CrMemory -TaskName cou* -Address 0x0804'; with = '0x08048000' }
        @{ line = 'Set-CrFileDescriptor -Name counter -Number '; with = '2' }
        @{ line = 'Set-CrEnvironment -TaskName counter -Name PA'; with = 'PATH' }
        @{ line = 'Save-CrCheckpoint -Name cou'; with = 'counter' }
        @{ line = 'Get-CrVma -Name cou'; with = 'counter' }
        @{ line = 'Set-CrTask -Name cou'; with = 'counter' }
        @{ line = 'Get-CrRegister -TaskName cou'; with = 'counter' }
        @{ line = 'Trace-CrTask -TaskName cou'; with = 'counter' }
        @{ line = 'Get-CrMemory {1} 08'; with = '0x08048000' }
        @{ line = 'Set-CrMemory -Id {0} -Address '; with = '0x08048000' }
        @{ line = 'Find-CrMemory -Id {0} -PointerTo 0x0804'; with = '0x08048000' }
        @{ line = 'Get-CrFileDescriptor -Id {0} -Number '; with = '2' }
        @{ line = 'Get-CrFileDescriptor {1} -Number '; with = '1' }
        @{ line = 'Get-CrVma {1} -ProcessId '; with = '{2}' }
        @{ line = 'Get-CrObject {1} -Kind task -Number '; with = '?*' }
        @{ line = 'Start-CrTask -Root {3} -FilePath /cou'; with = '/counter' }
        @{ line = 'Start-CrTask -Root {3} -FilePath /data/'; with = "'/data/with blank'" }
        @{ line = 'Start-CrTask -Root {3} -User ww'; with = 'www-data' }
        @{ line = 'Start-CrTask -Root {3} -WorkingDirectory /da'; with = '/data' }
        @{ line = 'Start-CrTask -Root {3} -InputPath /etc/p'; with = '/etc/passwd' }
        @{ line = 'Copy-CrFile -FromTask {0} -Path /data/in'; with = '/data/inner' }
        @{ line = 'Copy-CrFile -FromTask {0} -Path etc/'; with = 'etc/passwd' }
        @{ line = 'Copy-CrFile -ToTask {0} -Destination /et'; with = '/etc' }
        @{ line = 'Set-CrFileDescriptor -Id {0} -Number '; with = '2' }
        @{ line = 'Set-CrFileDescriptor -Id {0} -Number 1 -GuestPath /data/in'; with = '/data/inner' }
        @{ line = 'Set-CrEnvironment -Id {0} -Name PA'; with = 'PATH' }
        @{ line = 'Set-CrEnvironment -Path {1} -Name PA'; with = 'PATH' }
        @{ line = 'Set-CrTask -NewName x -Path {1} -ProcessId '; with = '{2}' }
        @{ line = 'Copy-CrFile -FromTask '; with = '{0}' }
        @{ line = 'Copy-CrFile -FromTask {0} -Path /proc/self/com'; with = '/proc/self/comm' }
    ) {
        $text = $line -f $task.Id, "'$image'", $task.ProcessId, "'$root'"
        $wanted = $with -f $task.Id, $image, $task.ProcessId, $root
        $offered = @((TabExpansion2 $text $text.Length).CompletionMatches.CompletionText)
        $offered -like $wanted | Should -Not -BeNullOrEmpty -Because "of '$text' came: $offered"
    }

    It 'is what it seems to be, whatever a guest calls itself: <name>' -ForEach @(
        @{ name = 'x''; exit; ''' }, @{ name = "x$([char]0x2019); 1; $([char]0x2018)" }, @{ name = "$([char]0x201b)q$([char]0x201a)" }, @{ name = '$(1)' }, @{ name = "nl`nx" }, @{ name = "e`e[31m" }, @{ name = '-Force' },
        @{ name = "$([char]0x2013)Force" }, @{ name = 'a[1]*?' }, @{ name = 'tick`x' }, @{ name = "nb$([char]0xa0)sp" }, @{ name = '@{}' }, @{ name = 'größe' }, @{ name = '~' }, @{ name = '"' }
    ) {
        $task | Set-CrTask $name
        try {
            foreach ($line in 'Get-CrTask -Name ', "Get-CrTask -Name '$($name[0])".Replace("'''", "''''")) {
                $offer = @((TabExpansion2 $line $line.Length).CompletionMatches.Where({ $_.CompletionText -notmatch '^counter$' }))
                if ($line -eq 'Get-CrTask -Name ') { $offer.Count | Should -Be 1 }
                foreach ($one in $offer) {
                    $one.ListItemText + $one.ToolTip | Should -Not -Match '\p{Cc}'
                    # The line is a command with one parameter and one constant, and finds the task.
                    $errors = $null
                    $parsed = [Management.Automation.Language.Parser]::ParseInput("Get-CrTask -Name $($one.CompletionText)", [ref]$null, [ref]$errors)
                    $errors.Count | Should -Be 0
                    $elements = $parsed.EndBlock.Statements.PipelineElements.CommandElements
                    $elements.Count | Should -Be 3
                    $elements[2].GetType().Name | Should -Be StringConstantExpressionAst
                    (Get-CrTask -Name $elements[2].Value).Id | Should -Be $task.Id
                }
            }
            # The same of a file.
            $null = New-Item "CrTask:/$($task.Id)/root/data/inner/$([Uri]::EscapeDataString($name).Replace('~', '%7E'))" -ItemType File
            $line = "Copy-CrFile -FromTask $($task.Id) -Path /data/inner/"
            foreach ($one in (TabExpansion2 $line $line.Length).CompletionMatches) {
                $one.ListItemText + $one.ToolTip | Should -Not -Match '\p{Cc}'
                $parsed = [Management.Automation.Language.Parser]::ParseInput("x $($one.CompletionText)", [ref]$null, [ref]$errors)
                $errors.Count | Should -Be 0
                $parsed.EndBlock.Statements.PipelineElements.CommandElements.Count | Should -Be 2
            }
        }
        finally { $task | Set-CrTask counter }
    }

    It 'completes from objects' {
        $line = 'Get-CrVma -Checkpoint $checkpoint -ProcessId '
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain "$($task.ProcessId)"
    }

    It 'says nothing of what is not there: <_>' -ForEach @('Get-CrVma -Id 99999 -Address ', 'Get-CrVma ./none.cr -ProcessId ', 'Copy-CrFile -FromTask 99999 -Path /') {
        { TabExpansion2 $_ $_.Length } | Should -Not -Throw
    }
}
