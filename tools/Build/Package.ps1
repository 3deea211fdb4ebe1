# Package: the module as users install it, a folder and an archive of it.
$manifest = Test-ModuleManifest ([IO.Path]::Combine($root, 'CheckpointRestart.psd1'))
$package = [IO.Path]::Combine($artifacts, 'package')
$folder = [IO.Path]::Combine($package, 'CheckpointRestart', "$($manifest.Version)")
if ([IO.Directory]::Exists($package)) { [IO.Directory]::Delete($package, $true) }
$null = [IO.Directory]::CreateDirectory($folder)
$files = @('CheckpointRestart.psd1', 'LICENSE', 'README.md', 'CHANGELOG.md').ForEach({ [IO.Path]::Combine($root, $_) }).Where({ [IO.File]::Exists($_) })
$bin = [IO.Path]::Combine($root, 'bin')
$files += [IO.Directory]::GetFiles($bin, '*', 'AllDirectories').Where({ $_ -notlike '*.pdb' -and $_ -notlike '*build.stamp' })
$help = [IO.Path]::Combine($root, 'en-US')
if ([IO.Directory]::Exists($help)) { $files += [IO.Directory]::GetFiles($help) }
foreach ($file in $files) {
    $target = [IO.Path]::Combine($folder, [IO.Path]::GetRelativePath($root, $file))
    $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($target))
    [IO.File]::Copy($file, $target)
}
$archive = [IO.Path]::Combine($package, "CheckpointRestart.$($manifest.Version).zip")
[IO.Compression.ZipFile]::CreateFromDirectory([IO.Path]::Combine($package, 'CheckpointRestart'), $archive, 'Optimal', $true)
Write-Host "Packaged: $archive"
