# Package twice: the package is built once more, from a copy of the sources in another folder, and must be the same to the byte.
$copy = [IO.Path]::Combine($artifacts, 'again')
if ([IO.Directory]::Exists($copy)) { [IO.Directory]::Delete($copy, $true) }
try {
    foreach ($name in & git -C $root ls-files --cached --others --exclude-standard -- ':!tests' ':!bench') {
        $source = [IO.Path]::Combine($root, $name)
        if (-not [IO.File]::Exists($source)) { continue }
        $target = [IO.Path]::Combine($copy, $name)
        $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($target))
        [IO.File]::Copy($source, $target)
    }
    $env:CR_PROJECT_ADDRESS = Get-ProjectAddress
    $exe, [string[]] $first = Get-HostCommand
    Invoke-Tool 'Packaging again' $exe ($first + '-NoProfile', '-NonInteractive', '-File', [IO.Path]::Combine($copy, 'build.ps1'), 'Package')
    $again = [IO.Path]::Combine($copy, 'artifacts', 'package', [IO.Path]::GetFileName($archive))
    $hashes = foreach ($file in $archive, $again) { [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData([IO.File]::ReadAllBytes($file))) }
    if ($hashes[0] -ne $hashes[1]) {
        $other = [IO.Path]::Combine($copy, 'artifacts', 'package', 'CheckpointRestart', $version)
        foreach ($file in [IO.Directory]::GetFiles($folder, '*', 'AllDirectories')) {
            $name = [IO.Path]::GetRelativePath($folder, $file)
            $twin = [IO.Path]::Combine($other, $name)
            if (-not [IO.File]::Exists($twin) -or [Convert]::ToHexString([IO.File]::ReadAllBytes($file)) -ne [Convert]::ToHexString([IO.File]::ReadAllBytes($twin))) { Write-Host "differs: $name" }
        }
        throw 'The two packages differ.'
    }
    Write-Host "Built twice, the same bytes: SHA-256 $($hashes[0])"
}
finally {
    if ([IO.Directory]::Exists($copy)) { [IO.Directory]::Delete($copy, $true) }
}
