# Package: the module as users install it, a folder and an archive of it.
$manifest = Import-PowerShellDataFile ([IO.Path]::Combine($root, 'CheckpointRestart.psd1'))
$version = $manifest.ModuleVersion
$package = [IO.Path]::Combine($artifacts, 'package')
$folder = [IO.Path]::Combine($package, 'CheckpointRestart', $version)
if ([IO.Directory]::Exists($package)) { [IO.Directory]::Delete($package, $true) }
$null = [IO.Directory]::CreateDirectory($folder)
$files = @{}
foreach ($file in @('CheckpointRestart.psd1', 'LICENSE', 'README.md', 'CHANGELOG.md').ForEach({ [IO.Path]::Combine($root, $_) }).Where({ [IO.File]::Exists($_) })) { $files[$file] = [IO.Path]::GetFileName($file) }
$bin = [IO.Path]::Combine($artifacts, 'portable')
foreach ($file in [IO.Directory]::GetFiles($bin, '*', 'AllDirectories').Where({ $_ -notlike '*.pdb' -and $_ -notlike '*build.stamp' })) {
    $files[$file] = [IO.Path]::Combine('bin', [IO.Path]::GetRelativePath($bin, $file))
}
$help = [IO.Path]::Combine($root, 'en-US')
if ([IO.Directory]::Exists($help)) {
    foreach ($file in [IO.Directory]::GetFiles($help)) { $files[$file] = [IO.Path]::GetRelativePath($root, $file) }
}
foreach ($file in $files.Keys) {
    $target = [IO.Path]::Combine($folder, $files[$file])
    $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($target))
    [IO.File]::Copy($file, $target)
}
$archive = [IO.Path]::Combine($package, "CheckpointRestart.$version.zip")
[IO.Compression.ZipFile]::CreateFromDirectory([IO.Path]::Combine($package, 'CheckpointRestart'), $archive, 'Optimal', $true)
Write-Host "Packaged: $archive"
