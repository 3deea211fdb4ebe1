# The examples of the help do what they say. Each runs as it stands, in a folder that has what they name, with a $task of its own; a task's or
# machine's number 1 stands for that task's. What an example shows as its output must come out.

BeforeDiscovery {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    $examples = foreach ($page in [IO.Directory]::GetFiles([IO.Path]::Combine((Get-RepositoryRoot), 'docs', 'cmdlets'), '*.md') | Sort-Object) {
        $text = [IO.File]::ReadAllText($page).Replace("`r", '')
        $part = $text.Substring($text.IndexOf("`n## Examples")).Split("`n## Related")[0]
        foreach ($match in [regex]::Matches($part, '(?ms)^### (?<title>[^\n]+)\n\n```powershell\n(?<code>.*?)\n```(\n```output\n(?<output>.*?)\n```|\n\n```output\n(?<output>.*?)\n```)?')) {
            @{
                cmdlet = [IO.Path]::GetFileNameWithoutExtension($page)
                title  = $match.Groups['title'].Value
                code   = $match.Groups['code'].Value
                output = $match.Groups['output'].Value
            }
        }
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
    $world = [IO.Path]::Combine($TestDrive, 'world')
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

    # Examples about waiting have a task that runs to its end, those that end or freeze it one that runs for ever, those of the debugger its own guest, all others a frozen one.
    $waits = 'Receive-CrTask', 'Trace-CrTask', 'Wait-CrTask'
    $stops = 'Stop-CrTask', 'Suspend-CrTask'
    $debugs = 'Debug-CrTask', 'Get-CrInstruction', 'Get-CrStackTrace', 'Set-CrMemory', 'Set-CrRegister', 'Step-CrTask'
    # An example may be about an error.
    $errorOf = @{ 'Find where a file breaks' = 'InvalidImage' }
    # Here nobody sits at a console; Enter-CrTask's own tests have one.
    foreach ($title in 'A shell in a root directory', 'Another detach key', 'Look at an editor and leave it open') { $errorOf[$title] = 'NoConsole' }
}

Describe 'The examples of the help' {
    BeforeEach {
        Push-Location $world
        foreach ($name in 'x.cr', 'counter.cr') { [IO.File]::WriteAllBytes([IO.Path]::Combine($world, $name), $image) }
    }

    AfterEach {
        Pop-Location
        Get-CrCheckpointSchedule | Unregister-CrCheckpointSchedule -RemoveFiles
        $images = [IO.Path]::Combine($world, 'images')
        if ([IO.Directory]::Exists($images)) { [IO.Directory]::Delete($images, $true) }
        Remove-Item ([IO.Path]::Combine($world, '*.cr'))
        Get-CrTask | Remove-CrTask -Force
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
        $task = if ($cmdlet -eq 'Enter-CrTask') { Start-CrTask $tty -Terminal }
        elseif ($cmdlet -in $debugs) { Start-CrTask ([IO.Path]::Combine($bin, 'stepper')) -Suspended }
        elseif ($cmdlet -in $stops) { Start-CrTask $counter.FilePath }
        elseif ($cmdlet -in $waits) { Start-CrTask @counter }
        else { Start-CrTask @counter -Suspended | Wait-CrTask -Instruction 100000 }
        if ($code -match 'Save-CrCheckpoint (\./\w+\.cr)') { Remove-Item $Matches[1] }
        $code = [regex]::Replace($code, '(?<=-Id |-CrTask |Get-CrMachine )1\b', { param($match) if ($match.Result('$`').EndsWith('Get-CrMachine ')) { $task.MachineId } else { $task.Id } })
        # Another session has left a schedule.
        if ($cmdlet -eq 'Resume-CrCheckpointSchedule') { $task | Register-CrCheckpointSchedule ./images -EverySeconds 60 | Unregister-CrCheckpointSchedule }
        if ($code -match 'broken') { [IO.File]::WriteAllBytes([IO.Path]::Combine($world, 'broken.cr'), $image[0..999]) }
        $WarningPreference = 'SilentlyContinue'
        $ErrorActionPreference = if ($errorOf[$title]) { 'SilentlyContinue' } else { 'Stop' }
        $Error.Clear()
        $given = . ([scriptblock]::Create($code)) | Out-String -Width 120
        if ($errorOf[$title]) { $Error[0].FullyQualifiedErrorId | Should -BeLike "$($errorOf[$title]),*" }
        # Lines are compared without the blanks behind them, and the task has the number 1.
        if ($output) { (($given.Replace("`r", '').Split("`n").TrimEnd() -join "`n").Trim("`n") -replace "task $($task.Id) ", 'task 1 ') | Should -Be $output }
    }
}
