# The package as a gallery takes it and as its users have it: complete, by the rules, the same bytes each time, and at work in a fresh session.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    $repository = Get-RepositoryRoot
    $run = Start-FreshHost -ArgumentList '-File', ([IO.Path]::Combine($repository, 'build.ps1')), 'Package' -TimeoutSeconds 580
    if ($run.ExitCode -ne 0) { throw "Package failed: $($run.ErrorOutput)$($run.Output)" }
    $version = (Import-PowerShellDataFile ([IO.Path]::Combine($repository, 'CheckpointRestart.psd1'))).ModuleVersion
    $package = [IO.Path]::Combine($repository, 'artifacts', 'package')
    $folder = [IO.Path]::Combine($package, 'CheckpointRestart', $version)
    $manifest = [IO.Path]::Combine($folder, 'CheckpointRestart.psd1')
    $archive = [IO.Path]::Combine($package, "CheckpointRestart.$version.nupkg")
    $zip = [IO.Compression.ZipFile]::OpenRead($archive)

    function Read-Entry([string] $Name) {
        $reader = [IO.StreamReader]::new($zip.GetEntry($Name).Open())
        try { $reader.ReadToEnd() } finally { $reader.Dispose() }
    }
    $nuspec = ([xml](Read-Entry 'CheckpointRestart.nuspec')).package.metadata
}

AfterAll { if ($zip) { $zip.Dispose() } }

Describe 'The folder' {
    It 'has a complete manifest' {
        $module = Test-ModuleManifest $manifest
        $module.CompatiblePSEditions | Should -Be Core
        $module.PowerShellVersion | Should -Be ([version] '7.6')
        $module.ExportedCmdlets.Count | Should -BeGreaterThan 40
        $module.ExportedFunctions.Count + $module.ExportedAliases.Count | Should -Be 0
        $module.Author, $module.CompanyName, $module.Copyright, $module.Description, $module.Guid, $module.LicenseUri, $module.ReleaseNotes | Should -Not -BeNullOrEmpty
        $module.Tags | Should -Contain Windows
        $module.Tags | Should -Contain Linux
        $module.Tags | Should -Contain MacOS
    }

    It 'has what the manifest names, help, licence and icon, and nothing of the build' {
        foreach ($file in 'bin/CheckpointRestart.PS.dll', 'bin/CheckpointRestart.PS.Loader.dll', 'bin/CheckpointRestart.Format.ps1xml', 'bin/CheckpointRestart.Types.ps1xml', 'bin/dependencies/CheckpointRestart.Core.dll',
            'bin/dependencies/Iced.dll', 'en-US/CheckpointRestart.PS.dll-Help.xml', 'en-US/about_CheckpointRestart.help.txt', 'LICENSE', 'README.md', 'CHANGELOG.md', 'icon.png') {
            Test-Path (Join-Path $folder $file) | Should -BeTrue -Because $file
        }
        @([IO.Directory]::GetFiles($folder, '*', 'AllDirectories') -match '\.(pdb|stamp|json)$').Count | Should -Be 0
        # What the engine has is the engine's.
        @([IO.Directory]::GetFiles($folder, 'System.Management.Automation*', 'AllDirectories')).Count | Should -Be 0
    }

    It 'works in a fresh session' {
        Invoke-FreshHost -NoModule -ArgumentList $manifest, ([IO.Path]::Combine($repository, 'tests', 'guests', 'bin', 'counter')), (Join-Path $TestDrive x.cr) {
            param($manifest, $counter, $image)
            Import-Module $manifest
            $task = Start-CrTask $counter -ArgumentList 4, 10 -Suspended
            $task | Save-CrCheckpoint $image -Stop | Out-Null
            Restore-CrCheckpoint $image -FilePath $counter | Receive-CrTask -Wait
            (Get-Help Start-CrTask -Full | Out-String).Length -gt 5000
            (Get-Help about_CheckpointRestart_Images | Out-String).Length -gt 2000
        } | Should -Be 1, 2, 3, 4, True, True
    }

    It 'runs the demonstration' {
        $run = Start-FreshHost -ArgumentList '-File', ([IO.Path]::Combine($repository, 'tools', 'Build', 'Demo.ps1')) -Environment @{ CR_MODULE = $manifest }
        $run.ErrorOutput | Should -BeNullOrEmpty
        $run.ExitCode | Should -Be 0
        $run.Output | Should -Match 'The count went on with'
    }
}

Describe 'The archive' {
    It 'holds the folder, at its root' {
        $inside = @($zip.Entries.FullName)
        foreach ($file in [IO.Directory]::GetFiles($folder, '*', 'AllDirectories')) { $inside | Should -Contain ([IO.Path]::GetRelativePath($folder, $file).Replace('\', '/')) }
        foreach ($part in 'CheckpointRestart.nuspec', '[Content_Types].xml', '_rels/.rels') { $inside | Should -Contain $part }
    }

    It 'keeps the rules of galleries' {
        $nuspec.id | Should -BeExactly CheckpointRestart
        $nuspec.version | Should -Be $version
        $nuspec.version | Should -Match '^\d+\.\d+\.\d+$'
        $nuspec.authors | Should -Not -BeNullOrEmpty
        $nuspec.description.Length | Should -BeGreaterThan 20
        $nuspec.description.Length | Should -BeLessThan 4000
        $nuspec.releaseNotes.Length | Should -BeLessThan 35000
        $nuspec.license.InnerText | Should -Be MIT
        $nuspec.requireLicenseAcceptance | Should -Be false
        $nuspec.tags.Length | Should -BeLessThan 4000
        $tags = $nuspec.tags.Split(' ')
        foreach ($tag in @('PSModule', 'PSEdition_Core', 'PSIncludes_Cmdlet') + (Import-PowerShellDataFile $manifest).CmdletsToExport.ForEach({ "PSCmdlet_$_" })) { $tags | Should -Contain $tag }
        foreach ($name in $nuspec.icon, $nuspec.readme) { $zip.GetEntry($name) | Should -Not -BeNullOrEmpty }
        $zip.GetEntry('icon.png').Length | Should -BeLessThan 1MB
        ([IO.FileInfo]$archive).Length | Should -BeLessThan 50MB
    }

    It 'names no machine and no folder of whoever built it' {
        foreach ($name in 'bin/CheckpointRestart.PS.dll', 'bin/CheckpointRestart.PS.Loader.dll', 'bin/dependencies/CheckpointRestart.Core.dll') {
            $bytes = [IO.File]::ReadAllBytes((Join-Path $folder $name))
            [Text.Encoding]::Latin1.GetString($bytes).Contains($repository) | Should -BeFalse -Because $name
        }
    }

    It 'is read by NuGet' {
        $reader = @([IO.Directory]::GetFiles((Split-Path (Split-Path (Split-Path ([object].Assembly.Location)))), 'NuGet.Packaging.dll', 'AllDirectories')) +
            @($env:DOTNET_ROOT, '/usr/share/dotnet', '/usr/lib/dotnet').Where({ $_ -and [IO.Directory]::Exists($_) }).ForEach({ [IO.Directory]::GetFiles($_, 'NuGet.Packaging.dll', 'AllDirectories') })
        $reader = @($reader.Where({ $_ -match '[\\/]sdk[\\/][^\\/]+[\\/]NuGet\.Packaging\.dll$' }) | Sort-Object)[-1]
        $reader | Should -Not -BeNullOrEmpty
        Invoke-FreshHost -NoModule -ArgumentList $reader, $archive {
            param($library, $archive)
            $null = [Reflection.Assembly]::LoadFrom($library)
            $reader = [NuGet.Packaging.PackageArchiveReader]::new($archive)
            $reader.GetIdentity().ToString()
            $reader.NuspecReader.GetLicenseMetadata().License
            $reader.NuspecReader.GetIcon()
        } | Should -Be "CheckpointRestart.$version", MIT, icon.png
    }

    It 'is the same, byte for byte, when it is made again' {
        $before = (Get-FileHash $archive).Hash
        $run = Start-FreshHost -ArgumentList '-File', ([IO.Path]::Combine($repository, 'build.ps1')), 'Package' -TimeoutSeconds 580
        $run.ExitCode | Should -Be 0
        (Get-FileHash $archive).Hash | Should -Be $before
    }

    if ($env:CR_TEST_LONG) {
        It 'is the same when it is built from a copy of the sources elsewhere' {
            $run = Start-FreshHost -ArgumentList '-File', ([IO.Path]::Combine($repository, 'build.ps1')), 'Package', 'twice' -TimeoutSeconds 1200
            $run.Output | Should -Match 'Built twice, the same bytes'
            $run.ExitCode | Should -Be 0
        }
    }
}
