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

Describe 'Calls of the host''s own libraries' {
    BeforeAll {
        Import-TestedModule
        $core = [Reflection.Assembly]::Load('CheckpointRestart.Core')
        $flags = [Reflection.BindingFlags]'Static, Instance, Public, NonPublic, DeclaredOnly'
        $imports = foreach ($assembly in $core, (Get-Command Start-CrTask).ImplementingType.Assembly) {
            foreach ($type in $assembly.GetTypes()) { $type.GetMethods($flags).Where({ $_.Attributes -band [Reflection.MethodAttributes]::PinvokeImpl }) }
        }
        # The declaration of a call, and the types around it; the compiler writes the call itself into a function of the same name.
        function Get-Place($Method) {
            if ($Method.Name -match '^<(?<name>\w+)>') { $Method.DeclaringType.GetMethods($flags).Where({ $_.Name -ceq $Matches.name }) }
            $Method
            for ($type = $Method.DeclaringType; $type; $type = $type.DeclaringType) { $type }
        }
    }

    It 'say on which systems they are there, so that the compiler refuses one without another way elsewhere' {
        $imports.Count | Should -BeGreaterThan 20
        $without = foreach ($method in $imports) {
            $said = @(Get-Place $method).ForEach({ $_.GetCustomAttributes($false) }).Where({ $_ -is [Runtime.Versioning.OSPlatformAttribute] })
            if (-not $said) { "$($method.DeclaringType.FullName).$($method.Name)" }
        }
        $without -join ', ' | Should -BeNullOrEmpty
    }

    It 'are checked by an analyzer that nothing turns off' {
        $repository = Get-RepositoryRoot
        foreach ($file in @(Get-Item ([IO.Path]::Combine($repository, '.editorconfig')), ([IO.Path]::Combine($repository, 'Directory.Build.props'))) + @([IO.Directory]::GetFiles([IO.Path]::Combine($repository, 'src'), '*.cs', 'AllDirectories') | Where-Object { $_ -notmatch '[\\/]obj[\\/]' } | Get-Item)) {
            [IO.File]::ReadAllText($file.FullName) | Should -Not -Match 'CA1416' -Because $file.Name
        }
    }
}
