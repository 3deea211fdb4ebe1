# PowerShell itself, and a version of Pester, from NuGet: what Test -Pester runs the module's tests with instead of the repository's own host.
$PowerShellVersion = '7.6.9'

# The path of pwsh, fetched where it is not there.
function Get-GenuineHost {
    $folder = [IO.Path]::Combine($artifacts, 'pwsh', $PowerShellVersion)
    $program = [IO.Path]::Combine($folder, $(if ($IsWindows) { 'pwsh.exe' } else { 'pwsh' }))
    if (-not [IO.File]::Exists($program)) { Invoke-Tool "Fetching PowerShell $PowerShellVersion" dotnet @('tool', 'install', 'PowerShell', '--version', $PowerShellVersion, '--tool-path', $folder) }
    $program
}

# A folder that has Pester of a version as its only module.
function Get-GenuinePester([version] $Version) {
    $modules = [IO.Path]::Combine($artifacts, 'pester', "$Version")
    $module = [IO.Path]::Combine($modules, 'Pester')
    if (-not [IO.Directory]::Exists($module)) {
        $packages = [IO.Path]::Combine($artifacts, 'pester', 'packages')
        $project = [IO.Path]::Combine($root, 'tools', 'Pester', 'Pester.csproj')
        Invoke-Tool "Fetching Pester $Version" dotnet @('restore', $project, "-p:PesterVersion=$Version", "-p:RestorePackagesPath=$packages", '-v', 'q')
        $null = [IO.Directory]::CreateDirectory($modules)
        [IO.Directory]::Move([IO.Path]::Combine($packages, 'pester', "$Version", 'tools'), $module)
        [IO.Directory]::Delete($packages, $true)
    }
    $modules
}
