# Package: the module as users install it, a folder, and that folder as the archive that a gallery takes. The same sources give the same bytes.
. ([IO.Path]::Combine($PSScriptRoot, 'Archive.ps1'))
$manifestPath = [IO.Path]::Combine($root, 'CheckpointRestart.psd1')
$manifest = Import-PowerShellDataFile $manifestPath
$version = $manifest.ModuleVersion
$package = [IO.Path]::Combine($artifacts, 'package')
$folder = [IO.Path]::Combine($package, 'CheckpointRestart', $version)
if ([IO.Directory]::Exists($package)) { [IO.Directory]::Delete($package, $true) }
$null = [IO.Directory]::CreateDirectory($folder)

$files = @{}
foreach ($file in 'LICENSE', 'README.md', 'CHANGELOG.md') { $files[$file] = [IO.Path]::Combine($root, $file) }
$files['icon.png'] = [IO.Path]::Combine($root, 'docs', 'pictures', 'icon.png')
$bin = [IO.Path]::Combine($artifacts, 'portable')
foreach ($file in [IO.Directory]::GetFiles($bin, '*', 'AllDirectories').Where({ $_ -notmatch '\.(pdb|xml|stamp)$' })) {
    $files["bin/$([IO.Path]::GetRelativePath($bin, $file).Replace('\', '/'))"] = $file
}
# Beside the code that runs everywhere the same for the system that builds, compiled ahead of time: it is taken there alone.
$platform = "$(if ($IsWindows) { 'win' } elseif ($IsMacOS) { 'osx' } else { 'linux' })-$([Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture)".ToLowerInvariant()
foreach ($file in [IO.Directory]::GetFiles([IO.Path]::Combine($root, 'bin', 'dependencies'), '*.dll')) { $files["bin/dependencies/$platform/$([IO.Path]::GetFileName($file))"] = $file }
foreach ($file in [IO.Directory]::GetFiles([IO.Path]::Combine($root, 'en-US'))) { $files["en-US/$([IO.Path]::GetFileName($file))"] = $file }
foreach ($name in $files.Keys) {
    $target = [IO.Path]::Combine($folder, $name)
    $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($target))
    [IO.File]::Copy($files[$name], $target)
}

# The manifest names the project's address where the checkout has one.
$address = Get-ProjectAddress
$text = [IO.File]::ReadAllText($manifestPath).Replace("`r", '')
if ($address) { $text = $text.Replace("        PSData = @{`n", "        PSData = @{`n            ProjectUri   = '$address'`n            IconUri      = '$address/raw/HEAD/docs/pictures/icon.png'`n") }
[IO.File]::WriteAllText([IO.Path]::Combine($folder, 'CheckpointRestart.psd1'), $text)

$archive = [IO.Path]::Combine($package, "CheckpointRestart.$version.nupkg")
Write-GalleryPackage -Folder $folder -Manifest $manifest -ProjectAddress $address -Path $archive
Write-Host "Packaged: $archive"
