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

    It 'uses its own Iced though version <_> is loaded already' -ForEach '1.0.0.0', '99.0.0.0' {
        $location, $others = Invoke-FreshHost -NoModule -ArgumentList $_, (Join-Path $TestDrive 'Iced.dll'), (Get-ModuleManifest) {
            param($version, $path, $manifest)
            $other = [Reflection.Emit.PersistedAssemblyBuilder]::new([Reflection.AssemblyName]::new("Iced, Version=$version"), [object].Assembly)
            $null = $other.DefineDynamicModule('Iced')
            $other.Save($path)
            $null = [Reflection.Assembly]::LoadFrom($path)
            Import-Module $manifest
            $context = [Runtime.Loader.AssemblyLoadContext]::GetLoadContext([Reflection.Assembly]::Load('CheckpointRestart.Core'))
            $context.LoadFromAssemblyName([Reflection.AssemblyName]::new('Iced')).Location
            [AppDomain]::CurrentDomain.GetAssemblies().Where({ $_.GetName().Name -eq 'Iced' }).Count
        }
        $location | Should -Be (Join-Path $dependencies 'Iced.dll')
        $others | Should -Be 2
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
