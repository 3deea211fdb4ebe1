# The module's assemblies stay among themselves: what else the process has loaded, older or newer, is neither used nor disturbed.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    $dependencies = [IO.Path]::Combine((Split-Path (Get-ModuleManifest)), 'bin', 'dependencies')
}

Describe 'Loading the module' {
    It 'keeps Core in a context of its own, from the dependencies folder' {
        $name, $location = Invoke-FreshHost {
            $core = [Reflection.Assembly]::Load('CheckpointRestart.Core')
            [Runtime.Loader.AssemblyLoadContext]::GetLoadContext($core).Name
            $core.Location
        }
        $name | Should -Be 'CheckpointRestart'
        $location | Should -Be (Join-Path $dependencies 'CheckpointRestart.Core.dll')
    }

    It 'uses its own <name> though version <version> is loaded already' -ForEach @(
        @{ name = 'Iced'; version = '1.0.0.0' }
        @{ name = 'Iced'; version = '99.0.0.0' }
        @{ name = 'Spectre.Console'; version = '0.1.0.0' }
        @{ name = 'Spectre.Console'; version = '99.0.0.0' }
    ) {
        $location, $others, $picture = Invoke-FreshHost -NoModule -ArgumentList $name, $version, (Join-Path $TestDrive "$name.dll"), (Get-ModuleManifest), ([IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin', 'counter')) {
            param($name, $version, $path, $manifest, $program)
            $other = [Reflection.Emit.PersistedAssemblyBuilder]::new([Reflection.AssemblyName]::new("$name, Version=$version"), [object].Assembly)
            $null = $other.DefineDynamicModule($name)
            $other.Save($path)
            $null = [Reflection.Assembly]::LoadFrom($path)
            Import-Module $manifest
            $picture = @(Start-CrTask $program -Suspended | Show-CrVma)
            $context = [Runtime.Loader.AssemblyLoadContext]::GetLoadContext([Reflection.Assembly]::Load('CheckpointRestart.Core'))
            $context.LoadFromAssemblyName([Reflection.AssemblyName]::new($name)).Location
            [AppDomain]::CurrentDomain.GetAssemblies().Where({ $_.GetName().Name -eq $name }).Count
            $picture.Count
        }
        $location | Should -Be (Join-Path $dependencies "$name.dll")
        $others | Should -Be 2
        [int]$picture | Should -BeGreaterThan 4
    }

    It 'survives removal and another import' {
        Invoke-FreshHost -ArgumentList (Get-ModuleManifest) {
            param($manifest)
            Remove-Module CheckpointRestart
            Import-Module $manifest
            Import-Module $manifest -Force
            (Get-Module CheckpointRestart).Version.ToString()
        } | Should -Be (Import-PowerShellDataFile (Get-ModuleManifest)).ModuleVersion
    }

    It 'has a manifest that PowerShell accepts' {
        (Test-ModuleManifest (Get-ModuleManifest)).CompatiblePSEditions | Should -Be 'Core'
    }
}
