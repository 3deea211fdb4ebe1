# The examples of the help do what they say. Each runs as it stands, as the first in its session, in a folder that has what they name, with a $task of
# its own. What comes out is what the page shows as its output; of long ones the page shows the beginning, and then a line with an ellipsis.
# CR_UPDATE_EXAMPLES=1 writes into the pages what comes out of those that give the same twice.

BeforeDiscovery {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    $examples = foreach ($page in [IO.Directory]::GetFiles([IO.Path]::Combine((Get-RepositoryRoot), 'docs', 'cmdlets'), '*.md') | Sort-Object) {
        foreach ($block in (Get-CodeBlock $page).Where({ $_.section -eq 'Examples' -and $_.kind -eq 'powershell' })) { $block + @{ cmdlet = [IO.Path]::GetFileNameWithoutExtension($page); page = $page } }
    }
    $counts = foreach ($page in [IO.Directory]::GetFiles([IO.Path]::Combine((Get-RepositoryRoot), 'docs', 'cmdlets'), '*.md') | Sort-Object) {
        $name = [IO.Path]::GetFileNameWithoutExtension($page)
        $part = [IO.File]::ReadAllText($page).Split('## Examples')[1].Split('## Related')[0]
        @{ cmdlet = $name; count = @($examples.Where({ $_.cmdlet -eq $name })).Count; headings = [regex]::Matches($part, '(?m)^### ').Count }
    }
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $repository = Get-RepositoryRoot
    # As long as what stands for it on the pages, so that columns are as wide.
    $shownWorld = '/home/user'
    $world = if ([IO.Directory]::Exists('/tmp')) { "/tmp/cr$([Guid]::NewGuid().ToString('N').Substring(0, 3))" } else { [IO.Path]::Combine($TestDrive, 'world') }
    $bin = [IO.Path]::Combine($world, 'tests', 'guests', 'bin')
    $rootfs = [IO.Path]::Combine($world, 'rootfs')
    foreach ($folder in $bin, [IO.Path]::Combine($rootfs, 'bin'), [IO.Path]::Combine($rootfs, 'tmp')) { $null = [IO.Directory]::CreateDirectory($folder) }
    foreach ($guest in 'counter', 'env', 'hello', 'stepper') { Copy-Item ([IO.Path]::Combine($repository, 'tests', 'guests', 'bin', $guest)) $bin }
    Copy-Item ([IO.Path]::Combine($bin, 'counter')) $rootfs
    $busybox = [IO.Path]::Combine($repository, 'artifacts', 'guests', 'busybox')
    $hasBusybox = [IO.File]::Exists($busybox)
    if ($hasBusybox) { foreach ($applet in 'busybox', 'ls') { Copy-Item $busybox ([IO.Path]::Combine($rootfs, 'bin', $applet)) } }

    # What the examples enter: anything that stays.
    $tty = [IO.Path]::Combine($repository, 'tests', 'guests', 'bin', 'ttyecho')
    foreach ($program in 'bin/bash', 'usr/bin/vim.tiny') {
        $place = [IO.Path]::Combine($world, 'debian', $program)
        $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($place))
        Copy-Item $tty $place
    }

    $package = @([IO.Directory]::GetFiles([IO.Path]::Combine($repository, 'artifacts', 'guests'), 'busybox-static_*.deb', 'AllDirectories'))
    if ($package) {
        $null = [IO.Directory]::CreateDirectory([IO.Path]::Combine($world, 'debs'))
        Copy-Item $package[0] ([IO.Path]::Combine($world, 'debs'))
    }

    # An end, so that what waits for it gets there; far enough off that nothing else meets it.
    $counter = @{ FilePath = [IO.Path]::Combine($bin, 'counter'); ArgumentList = 40, 100000 }
    $saved = Start-CrTask @counter -Suspended | Wait-CrTask -Instruction 100000
    $saved | Save-CrCheckpoint ([IO.Path]::Combine($world, 'saved')) -Stop | Out-Null
    $image = [IO.File]::ReadAllBytes([IO.Path]::Combine($world, 'saved'))
    $saved | Remove-CrTask

    $folders = [IO.Directory]::GetDirectories($world)

    # Examples about waiting have a task that runs to its end, those that end or freeze it one that runs for ever, those of the debugger its own guest, all others a frozen one.
    $waits = 'Receive-CrTask', 'Trace-CrTask', 'Wait-CrTask'
    $stops = 'Stop-CrTask', 'Suspend-CrTask'
    $debugs = 'Debug-CrTask', 'Get-CrInstruction', 'Get-CrStackTrace', 'Set-CrMemory', 'Set-CrRegister', 'Step-CrTask'
    # What shows how long something took, how far a running task is or what it has left to do, the host's own names, or what an image of this version consists of.
    $varies = @(
        'Compare-CrCheckpoint: See what has happened since an image was saved'
        'Debug-CrTask: Debug a program from its first instruction'
        'Debug-CrTask: Look into an image with gdb'
        'Export-CrCheckpoint: A page of an image, with the code of its program'
        'Export-CrCheckpoint: What has changed since an earlier image'
        'Export-CrCheckpoint: All objects as JSON'
        'Export-CrCheckpoint: A core file for gdb'
        'Export-CrCheckpoint: A core file of what is in memory'
        'Get-CrCheckpoint: Restore an image'
        'Get-CrCheckpointSchedule: Go back to the oldest image that there is'
        'Get-CrObject: Count the objects of each kind'
        'Get-CrRecord: List the records of an image'
        'Get-CrRecord: Find where a file breaks'
        'Get-CrStateHash: Hash a task'
        'Get-CrStateHash: Hash an image'
        'Import-CrCheckpoint: There and back'
        'Import-CrCheckpoint: JSON without pages'
        'Import-CrCheckpoint: Give a saved machine another name'
        'Measure-CrCheckpoint: See what an image consists of'
        'Measure-CrCheckpoint: Find the regions that take the most'
        'Move-CrTask: Move a machine within a host'
        'Move-CrTask: Move it with a secret that both ends have'
        'Receive-CrMachine: Receive a machine from a process of this host'
        'Receive-CrMachine: Receive over two pipes'
        'Receive-CrMachine: Let its clients find a server here by the same port'
        'Restore-CrCheckpoint: Restore a program that was started without a root'
        'Restore-CrCheckpoint: Restore with output to a file'
        'Resume-CrCheckpointSchedule: Look at the machine before it goes on'
        'Resume-CrTask: Let a task go on'
        'Resume-CrTask: Let all frozen tasks go on'
        'Save-CrCheckpoint: Copy a task'
        'Start-CrTask: Start a program and look at it'
        'Suspend-CrTask: Freeze, save and look'
        'Suspend-CrTask: Freeze by number'
        'Suspend-CrTask: Freeze everything of a name'
        'Trace-CrTask: Trace a program from its first call'
    )
    # How long an image is depends on this version's format: the page shows what it was.
    function Get-Mask([string] $Text) { $Text -replace ' +\d+(\.\d)?[KMG] ', ' some ' }

    # In a session of its own a task's number would be 1.
    $registry = (Get-Command Start-CrTask).ImplementingType.Assembly.GetType('CheckpointRestart.PS.Runtime.Registry')
    function Reset-Number {
        foreach ($name in 'lastTask', 'lastMachine') { $registry.GetField($name, [Reflection.BindingFlags]'Static, NonPublic').SetValue($null, 0) }
    }

    # Text as the pages show it: without blanks behind lines, of one time and place.
    function Get-Shown([string] $Text) {
        $lines = $Text.Replace("`r", '').Replace($world, $shownWorld) -replace '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d', '2026-11-27 12:00:00' -replace '\d?\d/\d?\d/\d{4} \d?\d:\d\d:\d\d( [AP]M)?( [+-]\d\d:\d\d)?', '11/27/2026 12:00:00 +00:00'
        ($lines.Split("`n").TrimEnd() -join "`n").Trim("`n")
    }

    # An example may be about an error.
    $errorOf = @{ 'Find where a file breaks' = 'InvalidImage' }
    # Here nobody sits at a console; Enter-CrTask's own tests have one.
    foreach ($title in 'A shell in a root directory', 'Another detach key', 'Look at an editor and leave it open') { $errorOf[$title] = 'NoConsole' }
}

AfterAll { if ($world -like '/tmp/cr???') { [IO.Directory]::Delete($world, $true) } }

Describe 'The examples of the help' {
    BeforeAll {
        function Initialize-World {
            foreach ($name in 'x.cr', 'counter.cr') { [IO.File]::WriteAllBytes([IO.Path]::Combine($world, $name), $image) }
            Reset-Number
            # Those that begin with a task of their own need no other.
            $task = if ($code -match '^(\$task = )?Start-CrTask|^\$root = ') { }
            elseif ($cmdlet -eq 'Enter-CrTask') { Start-CrTask $tty -Terminal }
            elseif ($cmdlet -in $debugs) { Start-CrTask ([IO.Path]::Combine($bin, 'stepper')) -Suspended }
            elseif ($cmdlet -in $stops) { Start-CrTask $counter.FilePath }
            elseif ($cmdlet -eq 'Receive-CrTask') { Start-CrTask @counter | Wait-CrTask }
            elseif ($cmdlet -eq 'Resume-CrCheckpointSchedule') { Start-CrTask $counter.FilePath -Suspended | Wait-CrTask -Instruction 100000 }
            elseif ($cmdlet -in $waits) { Start-CrTask @counter }
            else { Start-CrTask @counter -Suspended | Wait-CrTask -Instruction 100000 }
            if ($code -match 'Save-CrCheckpoint (\./\w+\.cr)') { Remove-Item ([IO.Path]::Combine($world, $Matches[1])) }
            # Another session has left a schedule.
            if ($cmdlet -eq 'Resume-CrCheckpointSchedule') { $task | Register-CrCheckpointSchedule ([IO.Path]::Combine($world, 'images')) -EverySeconds 60 | Unregister-CrCheckpointSchedule }
            if ($code -match 'broken') { [IO.File]::WriteAllBytes([IO.Path]::Combine($world, 'broken.cr'), $image[0..999]) }
            $task
        }

        function Clear-World {
            Get-CrCheckpointSchedule | Unregister-CrCheckpointSchedule -RemoveFiles
            Get-Job | Remove-Job -Force
            foreach ($folder in [IO.Directory]::GetDirectories($world)) { if ($folder -notin $folders) { [IO.Directory]::Delete($folder, $true) } }
            foreach ($file in [IO.Directory]::GetFiles($world)) { if ([IO.Path]::GetFileName($file) -ne 'saved') { [IO.File]::Delete($file) } }
            Get-CrTask | Remove-CrTask -Force
        }

        # What an example shows.
        function Invoke-Example {
            $task = Initialize-World
            Push-Location $world
            try {
                $WarningPreference = 'SilentlyContinue'
                $ErrorActionPreference = if ($errorOf[$title]) { 'SilentlyContinue' } else { 'Stop' }
                $Error.Clear()
                if (-not $task) { Remove-Variable task }
                $given = . ([scriptblock]::Create($code)) | Out-String -Width 120
                if ($errorOf[$title]) { $Error[0].FullyQualifiedErrorId | Should -BeLike "$($errorOf[$title]),*" }
                Get-Shown $given
            }
            finally {
                Pop-Location
                Clear-World
            }
        }

        # Writes what came out twice behind the example.
        function Write-Output-Block([string] $Shown) {
            $lines = @($Shown.Split("`n"))
            if ($lines.Count -gt 24) { $Shown = ($lines[0..19] -join "`n") + "`n…" }
            $text = [IO.File]::ReadAllText($page)
            $head = "### $title`n`n``````powershell`n$code`n``````"
            $at = $text.IndexOf($head) + $head.Length
            $rest = $text.Substring($at)
            if ($rest -match '^\n+```output\n(?s:.*?)\n```') { $rest = $rest.Substring($Matches[0].Length) }
            $block = if ($Shown) { "`n`n``````output`n$Shown`n``````" } else { '' }
            [IO.File]::WriteAllText($page, $text.Substring(0, $at) + $block + $rest)
        }
    }

    It 'have the titles that are named here as out of the ordinary' -ForEach @(@{ titles = @($examples.ForEach({ "$($_.cmdlet): $($_.title)" })) }) {
        @($varies.Where({ $_ -cnotin $titles })) | Should -BeNullOrEmpty
        @(@($errorOf.Keys).Where({ $title = $_; -not $titles.Where({ $_.EndsWith(": $title", [StringComparison]::Ordinal) }) })) | Should -BeNullOrEmpty
    }

    It 'are found on every page: <cmdlet> has <count>' -ForEach $counts {
        $count | Should -BeGreaterOrEqual 3
        $count | Should -Be $headings
    }

    It 'work: <cmdlet>: <title>' -ForEach $examples {
        if ($code -match '/bin/(busybox|ls)' -and -not $hasBusybox) {
            Set-ItResult -Skipped -Because 'busybox has not been fetched'
            return
        }
        if ($code -match './debs' -and -not $package) {
            Set-ItResult -Skipped -Because 'no Debian packages have been fetched'
            return
        }
        if ($cmdlet -eq 'Enter-CrTask' -and -not [Console]::IsInputRedirected -and -not [Console]::IsOutputRedirected) {
            Set-ItResult -Skipped -Because 'there is a console, which the example would take'
            return
        }
        $shown = Invoke-Example
        if ($env:CR_UPDATE_EXAMPLES -eq '1') {
            if ("${cmdlet}: $title" -in $varies) { Write-Output-Block '' }
            elseif ($output -like 'What if: *') { }
            elseif ($shown -ceq (Invoke-Example)) { Write-Output-Block $shown } else { Write-Host "varies: $cmdlet, $title" }
            return
        }
        if ("${cmdlet}: $title" -in $varies) { return }
        if ($output.EndsWith("`n…")) { $shown = (@($shown.Split("`n"))[0..(@($output.Split("`n")).Count - 2)] -join "`n") + "`n…" }
        # What -WhatIf says goes to the host, and not into the pipeline.
        $output = (@($output.Split("`n")).Where({ $_ -notlike 'What if: *' }) -join "`n")
        Get-Mask $shown | Should -Be (Get-Mask $output)
    }
}
