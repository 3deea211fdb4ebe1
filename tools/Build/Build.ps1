# Build: bin/ holds the cmdlet assembly, its formats and help; bin/dependencies Core and everything that Core uses.
# With -Portable the same goes to artifacts/portable, without code for this machine only: what a package holds.
param([switch] $Force, [switch] $Quiet, [switch] $Portable)

$bin = if ($Portable) { [IO.Path]::Combine($artifacts, 'portable') } else { [IO.Path]::Combine($root, 'bin') }
$stamp = [IO.Path]::Combine($bin, 'build.stamp')
$sources = @('src', 'Directory.Build.props', 'Directory.Packages.props', 'global.json', 'tools/Build', 'tools/ReadyToRun', 'tools/HelpBuilder', 'docs/cmdlets', 'docs/about', 'docs/providers').ForEach({ [IO.Path]::Combine($root, $_) })
if (-not $Force -and [IO.File]::Exists($stamp) -and [IO.File]::GetLastWriteTimeUtc($stamp) -gt (Get-NewestWrite $sources)) {
    if (-not $Quiet) { Write-Host 'Nothing has changed since the last build.' }
    return
}

$started = [DateTime]::UtcNow
$published = [IO.Path]::Combine($artifacts, "publish-$PID")
$new = [IO.Path]::Combine($artifacts, "module-$PID")
try {
    Invoke-Tool 'Compiling the module' dotnet @('publish', [IO.Path]::Combine($root, 'src', 'CheckpointRestart.PS', 'CheckpointRestart.PS.csproj'), '-c', 'Release', '-o', $published, '-v', 'q', '-nologo')
    # Code compiled ahead of time makes the import quick; what it cannot do well the runtime compiles again.
    if (-not $Portable) { Invoke-Tool 'Compiling ahead of time' dotnet @('msbuild', [IO.Path]::Combine($root, 'tools', 'ReadyToRun', 'ReadyToRun.csproj'), '-restore', '-t:ReadyToRun', "-p:Folder=$published", '-v:q', '-nologo') -Optional }

    $dependencies = [IO.Path]::Combine($new, 'dependencies')
    $null = [IO.Directory]::CreateDirectory($dependencies)
    foreach ($file in [IO.Directory]::EnumerateFiles($published, '*', 'AllDirectories')) {
        $relative = [IO.Path]::GetRelativePath($published, $file)
        if ($relative -like '*.deps.json') { continue }
        # Ours stays beside the manifest's root module; whatever else is there came as a dependency.
        $target = if ($relative -like '*.ps1xml' -or $relative -like 'CheckpointRestart.PS.*' -or $relative -match '^[a-z]{2}-[A-Z]{2}[\\/]') { $new } else { $dependencies }
        $target = [IO.Path]::Combine($target, $relative)
        $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($target))
        [IO.File]::Copy($file, $target)
    }
    $address = Get-ProjectAddress
    $help = @([IO.Path]::Combine($root, 'docs'), [IO.Path]::Combine($root, 'en-US'), [IO.Path]::Combine($artifacts, 'cmdlets.md'))
    if ($address) { $help += "$address/blob/HEAD/docs" }
    Invoke-Tool 'Making the help' dotnet (@('run', '--project', [IO.Path]::Combine($root, 'tools', 'HelpBuilder', 'HelpBuilder.csproj'), '-c', 'Release', '-v', 'q', '--') + $help)
    [IO.File]::WriteAllText([IO.Path]::Combine($new, 'build.stamp'), $started.ToString('o'))
    [IO.File]::SetLastWriteTimeUtc([IO.Path]::Combine($new, 'build.stamp'), $started)
    Move-IntoPlace $new $bin
}
finally {
    foreach ($folder in $published, $new) { if ([IO.Directory]::Exists($folder)) { [IO.Directory]::Delete($folder, $true) } }
}
if (-not $Quiet) { Write-Host ('Built in {0:n0} s: Import-Module {1}' -f ([DateTime]::UtcNow - $started).TotalSeconds, [IO.Path]::Combine($root, 'CheckpointRestart.psd1')) }
