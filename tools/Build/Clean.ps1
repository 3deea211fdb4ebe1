# Clean: everything that a task has made, except the host that may be running this very script.
$running = [IO.Path]::GetDirectoryName([Environment]::ProcessPath)
foreach ($folder in [IO.Directory]::GetDirectories($artifacts)) {
    if ($folder -ne $running) { [IO.Directory]::Delete($folder, $true) }
}
foreach ($file in [IO.Directory]::GetFiles($artifacts)) { [IO.File]::Delete($file) }
$targets = @([IO.Path]::Combine($root, 'bin'))
foreach ($project in 'src', 'tests', 'tools', 'bench') {
    $folder = [IO.Path]::Combine($root, $project)
    if (-not [IO.Directory]::Exists($folder)) { continue }
    $targets += [IO.Directory]::GetFiles($folder, '*.csproj', 'AllDirectories').ForEach({ [IO.Path]::GetDirectoryName($_) }).ForEach({ [IO.Path]::Combine($_, 'bin'); [IO.Path]::Combine($_, 'obj') })
}
foreach ($folder in $targets) { if ([IO.Directory]::Exists($folder)) { [IO.Directory]::Delete($folder, $true) } }
Write-Host 'Clean.'
