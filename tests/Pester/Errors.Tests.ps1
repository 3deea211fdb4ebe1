# Wrong input, cmdlet by cmdlet: each error has its id, names its object, says what can be done, and changes nothing. What is special to one cmdlet stands in its own file.

BeforeDiscovery {
    $cases = @(
        @{ name = 'Enter-CrTask'; id = 'InvalidDetachKey'; run = { $terminal | Enter-CrTask -DetachKey 'Ctrl-Home' } }
        @{ name = 'Enter-CrTask'; id = 'NoTerminal'; run = { $task | Enter-CrTask } }
        @{ name = 'Enter-CrTask'; id = 'TaskEnded'; run = { $ended | Enter-CrTask } }
        @{ name = 'Send-CrTask'; id = 'NoTerminal'; run = { $task | Send-CrTask -TerminalSize 80x24 } }
        @{ name = 'Send-CrTask'; id = 'InputEnded'; run = { $task | Send-CrTask -EndOfInput; $task | Send-CrTask -InputText more } }
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
        @{ name = 'Save-CrCheckpoint'; id = 'StreamNotWritable'; run = { $task | Save-CrCheckpoint -Stream $closed } }
    )
    # Whatever writes an image file refuses the same places.
    foreach ($writer in @(
            @{ name = 'Save-CrCheckpoint'; to = { param($path) $task | Save-CrCheckpoint $path } }
            @{ name = 'Convert-CrCheckpoint'; to = { param($path) Convert-CrCheckpoint $image $path -Format V5 -FilePath $counter -WarningAction Ignore } }
            @{ name = 'Merge-CrCheckpoint'; to = { param($path) Merge-CrCheckpoint $image $path } }
            @{ name = 'Export-CrCheckpoint'; to = { param($path) Export-CrCheckpoint $image $path -Format Json } }
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
    $null = $task | Save-CrCheckpoint $image
    $null = $task | Save-CrCheckpoint $five -Format V5 -WarningAction Ignore
    $null = Export-CrCheckpoint $image $json -Format Json -IncludePages
    Copy-Item $json $same
    [IO.File]::WriteAllText($text, 'nothing of the sort')
    $closed = [IO.MemoryStream]::new()
    $closed.Dispose()
    $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
    $listener.Start()
    $key = [Security.Cryptography.ECDsa]::Create([Security.Cryptography.ECCurve]::CreateFromFriendlyName('nistP256'))
    $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=public', $key, [Security.Cryptography.HashAlgorithmName]::SHA256)
    $made = $request.CreateSelfSigned([DateTimeOffset]::Now.AddDays(-1), [DateTimeOffset]::Now.AddDays(1))
    $public = [Security.Cryptography.X509Certificates.X509Certificate2]::new($made.RawData)
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
