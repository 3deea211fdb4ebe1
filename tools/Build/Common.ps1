# Helpers of the build tasks. Dot-sourced by build.ps1, with $root and $artifacts set.

# Runs a native program; its output is kept for the case that it fails.
function Invoke-Tool([string] $What, [string] $Program, [string[]] $Arguments, [switch] $Optional) {
    $output = & $Program @Arguments 2>&1
    if ($LASTEXITCODE -eq 0) { return }
    foreach ($line in $output) { Write-Host "$line" }
    if (-not $Optional) { throw "$What failed: $Program gave exit code $LASTEXITCODE." }
    Write-Host "$What failed; going on without it."
}

# The program, and what stands before a host's own arguments, that start the host of this script once more: pwsh, or dotnet with pwsh.dll where pwsh is a .NET tool.
function Get-HostCommand {
    $path = [Environment]::ProcessPath
    $path
    if ([IO.Path]::GetFileNameWithoutExtension($path) -eq 'dotnet') { [Environment]::GetCommandLineArgs()[0] }
}

function Invoke-FreshScript([string] $Script, [string[]] $Arguments) {
    $exe, [string[]] $first = Get-HostCommand
    & $exe @first -NoProfile -NonInteractive -File $Script @Arguments | Out-Host
}

# Where the project is on the web: what CR_PROJECT_ADDRESS says, or else the address that the checkout came from. Nothing when it is nowhere.
function Get-ProjectAddress {
    if ($env:CR_PROJECT_ADDRESS) { return $env:CR_PROJECT_ADDRESS.TrimEnd('/') }
    if (-not (Get-Command git -CommandType Application -ErrorAction Ignore)) { return }
    $origin = "$(& git -C $root config --get remote.origin.url 2>$null)"
    $global:LASTEXITCODE = 0
    if ($origin -match '^(https://|git@|ssh://git@)(?<host>[\w-]+(\.[\w-]+)+)[:/](?<path>[^@?#]+?)(\.git)?/?$') { "https://$($Matches.host)/$($Matches.path)" }
}

# Time of the newest source among files and folders, without what a build writes.
function Get-NewestWrite([string[]] $Paths) {
    $newest = [datetime]::MinValue
    foreach ($path in $Paths) {
        $files = if ([IO.Directory]::Exists($path)) { [IO.Directory]::EnumerateFiles($path, '*', 'AllDirectories') } else { , $path }
        foreach ($file in $files) {
            if ($file -match '[\\/](bin|obj)[\\/]') { continue }
            $time = [IO.File]::GetLastWriteTimeUtc($file)
            if ($time -gt $newest) { $newest = $time }
        }
    }
    $newest
}

# Puts a new folder in the place of an old one in one step, so that a process that uses the old files keeps them.
function Move-IntoPlace([string] $New, [string] $Target) {
    $old = "$Target.old-$PID"
    if ([IO.Directory]::Exists($Target)) { [IO.Directory]::Move($Target, $old) }
    [IO.Directory]::Move($New, $Target)
    if ([IO.Directory]::Exists($old)) { [IO.Directory]::Delete($old, $true) }
}
