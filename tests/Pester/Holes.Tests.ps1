# No cmdlet has a hole: help, tests of what it takes and of each error, -WhatIf, and the page of all of them that the build makes.

BeforeDiscovery {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $cmdlets = @((Get-Command -Module CheckpointRestart -CommandType Cmdlet).ForEach({ @{ name = $_.Name } }))
    $byNumber = @((Get-Command -Module CheckpointRestart -CommandType Cmdlet).Where({ $_.Parameters.ContainsKey('CrTaskId') }).ForEach({ @{ name = $_.Name } }))
    # Copy-CrFile's paths are a guest's, or of any file.
    $byPath = @((Get-Command -Module CheckpointRestart -CommandType Cmdlet).Where({ $_.Parameters.ContainsKey('LiteralPath') -and $_.Name -ne 'Copy-CrFile' }).ForEach({ @{ name = $_.Name } }))
    $byTask = @((Get-Command -Module CheckpointRestart -CommandType Cmdlet).Where({ $_.Parameters.ContainsKey('ImageTask') -and $_.Parameters.ContainsKey('ProcessId') -and $_.Name -notin 'Get-CrHeader', 'Get-CrRecord' }).ForEach({ @{ name = $_.Name } }))
    $byRoot = @((Get-Command -Module CheckpointRestart -CommandType Cmdlet).Where({ $_.Parameters.ContainsKey('Root') -and $_.Name -ne 'Copy-CrFile' }).ForEach({ @{ name = $_.Name } }))
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $repository = Get-RepositoryRoot
    $namespace = 'CheckpointRestart.PS.Commands'
    $all = [IO.File]::ReadAllText([IO.Path]::Combine($repository, 'docs', 'cmdlets.md')).Replace("`r", '')
    $shared = [IO.File]::ReadAllText([IO.Path]::Combine($PSScriptRoot, 'Inspection.ps1'))

    $wrong = [IO.File]::ReadAllText([IO.Path]::Combine($PSScriptRoot, 'Errors.Tests.ps1'))
    $everything = [IO.Directory]::GetFiles($PSScriptRoot, '*.Tests.ps1').ForEach({ [IO.File]::ReadAllText($_) }) -join "`n"
    $writers = @([regex]::Matches($wrong, "name = '(?<name>[\w-]+)'; to = ").ForEach({ $_.Groups['name'].Value }))

    # Of hosts that lack something; and what is on a way through code that the cmdlet goes only with what does not have it, or that another's test goes.
    $elsewhere = 'EngineNotAvailable', 'HostNotKnown'
    $never = @{
        'Compare-CrCheckpoint' = @('PageNotInImage', 'TaskEnded', 'TaskNotInImage')
        'Find-CrMemory'        = @('PageNotInImage')
        'Debug-CrTask'         = @('ParameterConflict')
        'Resume-CrCheckpointSchedule' = @('ProtectionKeyUnusable')
        'Start-CrTask'         = @('MachineFailed', 'MemoryLost')
        'Step-CrTask'          = @('AddressNotMapped', 'PageNotInImage', 'TaskNotInImage')
    }

    # A part of a Markdown page, or nothing.
    function Get-Section([string] $Page, [string] $Title) {
        $text = "`n" + $Page + "`n## "
        if ($text -match "(?s)\n## $Title\n(?<body>.*?)\n## ") { $Matches.body.Trim() }
    }

    # What a cmdlet cannot do without, beside what it works on.
    $with = @{
        'Convert-CrCheckpoint'            = @{ Format = 'V5' }
        'Export-CrCheckpoint'             = @{ Format = 'Json'; DestinationPath = (Join-Path $TestDrive never) }
        'Find-CrMemory'                   = @{ Text = 'x' }
        'Get-CrMemory'                    = @{ Address = 0x08048000 }
        'Import-CrCheckpoint'             = @{ DestinationPath = (Join-Path $TestDrive never) }
        'Merge-CrCheckpoint'              = @{ DestinationPath = (Join-Path $TestDrive never) }
        'Move-CrTask'                     = @{ Port = 9 }
        'Register-CrCheckpointSchedule'   = @{ Path = (Join-Path $TestDrive never); EverySeconds = 60 }
        'Send-CrTask'                     = @{ InputText = 'x' }
        'Set-CrEnvironment'               = @{ Name = 'HOME'; Value = '/' }
        'Set-CrFileDescriptor'            = @{ Number = 1; GuestPath = '/x' }
        'Set-CrTask'                      = @{ NewName = 'x' }
        'Set-CrMemory'                    = @{ Address = 0x08048000; Value = 'x' }
        'Set-CrRegister'                  = @{ Name = 'eax'; Value = 1 }
        'Resume-CrCheckpointSchedule'     = @{}
    }
}

Describe '<name>' -ForEach $cmdlets {
    BeforeAll {
        $command = Get-Command $name
        $page = [IO.File]::ReadAllText([IO.Path]::Combine($repository, 'docs', 'cmdlets', "$name.md")).Replace("`r", '')
        $tests = [IO.File]::ReadAllText([IO.Path]::Combine($PSScriptRoot, "$name.Tests.ps1"))
        if ($tests.Contains('Inspection.ps1')) { $tests += $shared.Replace('& $command', $name) }
    }

    It 'has a page with every section' {
        foreach ($section in 'Description', 'Parameters', 'Inputs', 'Outputs', 'Notes', 'Examples', 'Related') {
            if ($section -eq 'Parameters' -and @($command.Parameters.Keys).Count -le 11) { continue }
            Get-Section $page $section | Should -Not -BeNullOrEmpty -Because $section
        }
        foreach ($link in [regex]::Matches((Get-Section $page Related), '\]\((?<file>[^)#]+)')) {
            Test-Path ([IO.Path]::Combine($repository, 'docs', 'cmdlets', $link.Groups['file'].Value)) | Should -BeTrue -Because $link.Value
        }
    }

    It 'names what it takes and gives on its page' {
        $outputs = Get-Section $page Outputs
        foreach ($type in $command.OutputType.Name) { $outputs | Should -Match "(?m)^### ($([regex]::Escape($type))|$([regex]::Escape($type.Split('.')[-1]))$(if ($type -eq 'System.Void') { '|None' }))(?!\w)" -Because $type }
        $byValue = $command.Parameters.Values.Where({ $_.Attributes.Where({ $_ -is [Management.Automation.ParameterAttribute] -and $_.ValueFromPipeline }) })
        $inputs = Get-Section $page Inputs
        foreach ($parameter in $byValue) {
            $type = if ($parameter.ParameterType.IsArray) { $parameter.ParameterType.GetElementType() } else { $parameter.ParameterType }
            $inputs | Should -Match "(?m)^### $([regex]::Escape($type.FullName))\b" -Because "-$($parameter.Name)"
        }
        if (-not $byValue -and -not $command.Parameters.Values.Where({ $_.Attributes.Where({ $_ -is [Management.Automation.ParameterAttribute] -and $_.ValueFromPipelineByPropertyName }) })) { $inputs | Should -Match '^### None' }
    }

    It 'has help in which Get-Help finds all of it' {
        $help = Get-Help $name -Full
        $help.description.Text | Should -Not -BeNullOrEmpty
        $help.alertSet.alert.Text | Should -Not -BeNullOrEmpty
        @($help.examples.example).Count | Should -BeGreaterOrEqual 3
        @($help.relatedLinks.navigationLink.linkText) | Should -Contain about_CheckpointRestart
        @($help.inputTypes.inputType).Count | Should -BeGreaterThan 0
        @($help.returnValues.returnValue).Count | Should -BeGreaterThan 0
        @($help.syntax.syntaxItem).Count | Should -BeGreaterThan 0
        # The sets are those that the engine has, with the same parameters.
        $hidden = @($command.Parameters.Values.Where({ $_.Attributes.Where({ $_ -is [Management.Automation.ParameterAttribute] -and $_.DontShow }) }).Name)
        $common = [Management.Automation.PSCmdlet]::CommonParameters + [Management.Automation.PSCmdlet]::OptionalCommonParameters
        $there = @($command.ParameterSets.Where({ -not @($_.Parameters).Where({ $_.IsMandatory -and $_.Name -in $hidden }) }).ForEach({ (@($_.Parameters.Name).Where({ $_ -notin $common -and $_ -notin $hidden }) | Sort-Object) -join ' ' }) | Sort-Object)
        $told = @(@($help.syntax.syntaxItem).ForEach({ (@($_.parameter.name).Where({ $_ -notin $common }) | Sort-Object) -join ' ' }) | Sort-Object)
        $told | Should -Be $there
    }

    It 'has a test of -WhatIf where it changes something' {
        if ($command.Parameters.ContainsKey('WhatIf') -and $wrong -notmatch "name = '$name'; whatif") { $tests.Contains('-WhatIf') | Should -BeTrue }
    }

    It 'has a test of each thing that it takes through the pipeline' {
        foreach ($parameter in $command.Parameters.Values.Where({ $_.Attributes.Where({ $_ -is [Management.Automation.ParameterAttribute] -and $_.ValueFromPipeline }) })) {
            $tests | Should -Match "\|\s*(&\s*)?$name\b" -Because "-$($parameter.Name) by value"
        }
    }

    It 'has a test of each of its errors' {
        $errors = if ($all -match "(?s)\n## $name\n.*?\nErrors: (?<ids>[^\n]+)\n") { [regex]::Matches($Matches.ids, '`(\w+)`').ForEach({ $_.Groups[1].Value }) } else { @() }
        # Tests of many cmdlets at once have the wrong input that they share.
        $together = @(
            if ($name -in $writers) { 'PathIsDirectory', 'DirectoryNotFound', 'FileExists', 'NotAFileSystemPath', 'PathNotFound' }
            if ($command.Parameters.ContainsKey('CrTaskId')) { 'TaskNotFound' }
            if ($command.Parameters.ContainsKey('LiteralPath') -and $name -ne 'Copy-CrFile') { 'PathNotFound', 'NotAFileSystemPath' }
            if ($command.Parameters.ContainsKey('Root') -and $name -ne 'Copy-CrFile') { 'DirectoryNotFound', 'InvalidTar' }
            if ($command.Parameters.ContainsKey('ImageTask')) { 'TaskNotInImage' }
            if ($wrong -match "lost = [^)]*'$name'") { 'MemoryLost', 'MachineFailed' }
            $elsewhere
            $never[$name]
        )
        $missing = @($errors.Where({ $tests -notmatch "\b$_\b" -and $wrong -notmatch "name = '$name'; id = '$_'" -and $_ -notin $together -and $everything -notmatch "\b$_,[^\s]*\b$($name.Replace('-', ''))Command\b" }))
        $missing -join ', ' | Should -BeNullOrEmpty
    }
}

Describe 'Objects with a property CrTaskId' {
    It 'stand for the task of that number: <name>' -ForEach $byNumber {
        $more = if ($with.ContainsKey($name)) { $with[$name] } else { @{} }
        { [pscustomobject]@{ CrTaskId = 987654 } | & $name @more -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$namespace.$($name.Replace('-', ''))Command"
    }
}

Describe 'Names of tasks' {
    It 'are taken by -TaskName, and by -Name where that is no name of something else: <name>' -ForEach $byNumber {
        $more = if ($with.ContainsKey($name)) { $with[$name] } else { @{} }
        $class = "$namespace.$($name.Replace('-', ''))Command"
        { & $name -TaskName no-task @more -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$class"
        # A pattern that fits nobody is no mistake.
        { & $name -TaskName 'no-task*' @more -ErrorAction Stop } | Should -Not -Throw
        $parameters = (Get-Command $name).Parameters
        if ($name -notin 'Get-CrRegister', 'Set-CrRegister', 'Set-CrEnvironment', 'Trace-CrTask', 'Register-CrCheckpointSchedule') { @($parameters['Name'].Aliases) | Should -Contain TaskName }
        else { $parameters.ContainsKey('TaskName') | Should -BeTrue }
        $null = & $name -TaskName no-task, 'no*', nor-this @more -ErrorAction SilentlyContinue -ErrorVariable problem
        @($problem.TargetObject) | Should -Be no-task, nor-this
        $problem[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }
}

Describe 'Files through the pipeline' {
    It 'are images, also with brackets in their names: <name>' -ForEach $byPath {
        $more = if ($with.ContainsKey($name)) { $with[$name] } else { @{} }
        $file = Join-Path $TestDrive 'no[image].cr'
        [IO.File]::WriteAllText($file, 'nothing of the sort')
        $found = @([IO.FileInfo]$file | ForEach-Object { [pscustomobject]@{ PSPath = $_.FullName } } | & $name @more -ErrorAction SilentlyContinue -ErrorVariable problem)
        # Test-CrCheckpoint tells of a bad image, all others fail with it.
        if ($name -eq 'Test-CrCheckpoint') { $found[0].IsValid | Should -BeFalse }
        else { $problem[0].FullyQualifiedErrorId | Should -Match "^Invalid(Image|Json|Schedule),$namespace\.$($name.Replace('-', ''))Command$" }
    }

    It 'do not stop at one that is not there: <name>' -ForEach $byPath {
        $more = if ($with.ContainsKey($name)) { $with[$name] } else { @{} }
        $null = & $name -LiteralPath (Join-Path $TestDrive one.cr), (Join-Path $TestDrive two.cr) @more -ErrorAction SilentlyContinue -ErrorVariable problem
        @($problem.FullyQualifiedErrorId) | Should -Be @(@("PathNotFound,$namespace.$($name.Replace('-', ''))Command") * 2)
        foreach ($record in $problem) {
            $record.TargetObject | Should -Not -BeNullOrEmpty
            $record.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        }
    }
}

Describe 'Paths that are no files' {
    It 'are refused: <name>' -ForEach $byPath {
        $more = if ($with.ContainsKey($name)) { $with[$name] } else { @{} }
        $null = & $name -LiteralPath Env:/PATH @more -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -Be "NotAFileSystemPath,$namespace.$($name.Replace('-', ''))Command"
    }
}

Describe 'Images of which something is asked that they do not have' {
    BeforeAll {
        $image = Join-Path $TestDrive image.cr
        $saved = Start-CrTask ([IO.Path]::Combine($repository, 'tests', 'guests', 'bin', 'counter')) -Suspended
        $saved | Save-CrCheckpoint $image -Stop | Out-Null
        $saved | Remove-CrTask
    }

    It 'name the task: <name>' -ForEach $byTask {
        $more = if ($with.ContainsKey($name)) { $with[$name] } else { @{} }
        $null = & $name -Path $image -ProcessId 4711 @more -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -Be "TaskNotInImage,$namespace.$($name.Replace('-', ''))Command"
    }

    It 'name the root: <name>' -ForEach $byRoot {
        $more = if ($with.ContainsKey($name)) { $with[$name] } else { @{} }
        $what = switch ($name) {
            'Compare-CrCheckpoint' { @{ ReferenceObject = $image; DifferenceObject = $image } }
            'Receive-CrMachine' { @{ Port = 0 } }
            'Start-CrTask' { @{ FilePath = '/counter' } }
            'Resume-CrCheckpointSchedule' { @{ Path = $schedule } }
            'Export-CrCheckpoint' { @{ Path = $image; Format = 'Core'; DestinationPath = (Join-Path $TestDrive never) } }
            default { @{ Path = $image } }
        }
        if ($name -eq 'Export-CrCheckpoint') { $more = @{} }
        if ($name -eq 'Resume-CrCheckpointSchedule') {
            $first = Restore-CrCheckpoint $image -FilePath ([IO.Path]::Combine($repository, 'tests', 'guests', 'bin', 'counter')) -Suspended
            $made = $first | Register-CrCheckpointSchedule (Join-Path $TestDrive schedule) -EverySeconds 3600
            $what = @{ Path = $made.Path }
            $made | Unregister-CrCheckpointSchedule
            $first | Remove-CrTask -Force
        }
        # Test-CrCheckpoint tells of what a bad image lacks, and fails with a root that is none as all do.
        foreach ($bad in @{ root = (Join-Path $TestDrive nowhere); id = 'DirectoryNotFound' }, @{ root = $image; id = 'InvalidTar' }) {
            $problem = $null
            try { $null = & $name @what @more -Root $bad.root -ErrorAction Stop } catch { $problem = $_ }
            @($problem.FullyQualifiedErrorId)[0] | Should -Be "$($bad.id),$namespace.$($name.Replace('-', ''))Command"
        }
    }
}

Describe 'The page of all cmdlets' {
    It 'is what the build makes of the cmdlets (cp artifacts/cmdlets.md docs/cmdlets.md)' {
        $made = [IO.Path]::Combine($repository, 'artifacts', 'cmdlets.md')
        if (-not [IO.File]::Exists($made)) { throw 'There is no artifacts/cmdlets.md: ./build.sh Build makes it.' }
        $all -ceq [IO.File]::ReadAllText($made).Replace("`r", '') | Should -BeTrue
    }
}
