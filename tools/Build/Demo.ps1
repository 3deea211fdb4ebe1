# Demo: the main job, shown on a real program: start it, freeze it, save it, look into it, end it, and restore it in a second process
# that has another home, another working directory and a copy of the root elsewhere. The count goes on where it stopped.
# A second act does the same with a shell script, where busybox for i386 is there or can be fetched.

$ErrorActionPreference = 'Stop'
$repository = [IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '..', '..'))
. ([IO.Path]::Combine($PSScriptRoot, 'Common.ps1'))
# The module of the repository, or the one that CR_MODULE names.
$manifest = if ($env:CR_MODULE) { $env:CR_MODULE } else { [IO.Path]::Combine($repository, 'CheckpointRestart.psd1') }
$guests = [IO.Path]::Combine($repository, 'tests', 'guests')
$work = [IO.Path]::Combine([IO.Path]::GetTempPath(), "checkpoint-restart-demo-$PID")
Import-Module $manifest

function Show-Step([string] $Text) { Write-Host "`n$Text" -ForegroundColor Cyan }

# Runs the restoring half in a process that shares nothing with this one but the image.
function Invoke-SecondProcess([string] $Image, [string] $Root, [string] $Folder) {
    $home2 = [IO.Directory]::CreateDirectory([IO.Path]::Combine($Folder, 'home')).FullName
    $program, [string[]] $first = Get-HostCommand
    $start = [Diagnostics.ProcessStartInfo]::new($program)
    $script = [IO.Path]::Combine($PSScriptRoot, 'DemoRestore.ps1')
    foreach ($argument in $first + '-NoProfile', '-NonInteractive', '-File', $script, $manifest, $Image, $Root) { $start.ArgumentList.Add($argument) }
    $start.Environment['HOME'] = $home2
    $start.WorkingDirectory = $Folder
    $start.RedirectStandardOutput = $true
    $process = [Diagnostics.Process]::Start($start)
    $output = $process.StandardOutput.ReadToEnd()
    $process.WaitForExit()
    if ($process.ExitCode -ne 0) { throw "The second process ended with exit code $($process.ExitCode): $output" }
    , @($output.TrimEnd().Split("`n"))
}

function Copy-Folder([string] $From, [string] $To) {
    $null = [IO.Directory]::CreateDirectory($To)
    foreach ($folder in [IO.Directory]::GetDirectories($From)) { Copy-Folder $folder ([IO.Path]::Combine($To, [IO.Path]::GetFileName($folder))) }
    foreach ($file in [IO.Directory]::GetFiles($From)) { [IO.File]::Copy($file, [IO.Path]::Combine($To, [IO.Path]::GetFileName($file)), $true) }
}

# One act: from the start of a program that counts to the count going on elsewhere.
function Invoke-Act([string] $Name, [string] $Root, [string] $FilePath, [string[]] $ArgumentList) {
    $folder = [IO.Path]::Combine($work, $Name)
    $image = [IO.Path]::Combine($folder, "$Name.cr")
    $second = [IO.Path]::Combine($folder, 'elsewhere')
    $copy = [IO.Path]::Combine($second, 'a copy of the root')
    $null = [IO.Directory]::CreateDirectory($second)

    Show-Step "PS> `$task = Start-CrTask $FilePath -ArgumentList `$arguments -Root $Root"
    $task = Start-CrTask $FilePath -ArgumentList $ArgumentList -Root $Root
    $lines = @()
    while ($lines.Count -lt 20) {
        [Threading.Thread]::Sleep(20)
        $lines += @($task | Receive-CrTask)
    }

    Show-Step 'PS> $task | Suspend-CrTask'
    $task | Suspend-CrTask | Out-Host
    $lines += @($task | Receive-CrTask)
    Write-Host "It has counted to $($lines[-1])."

    Show-Step "PS> `$task | Save-CrCheckpoint $image"
    $checkpoint = $task | Save-CrCheckpoint $image
    $checkpoint | Out-Host

    Show-Step "PS> Get-CrVma $image"
    Get-CrVma $image | Out-Host

    Show-Step 'PS> $task | Stop-CrTask -PassThru'
    $task | Stop-CrTask -PassThru | Out-Host
    $task | Remove-CrTask

    Copy-Folder $Root $copy
    Show-Step "In a second process, in ${second}: PS> Restore-CrCheckpoint $image -Root '$copy' | Receive-CrTask -Wait | Select-Object -First 5"
    $next = Invoke-SecondProcess $image $copy $second
    $next | Out-Host
    if ([int]$next[0] -ne [int]$lines[-1] + 1) { throw "The count went on with $($next[0]) after $($lines[-1])." }
    Write-Host "The count went on with $($next[0]) after $($lines[-1])." -ForegroundColor Green
}

# The program, or nothing where it cannot be had.
function Get-Busybox {
    $program = [IO.Path]::Combine($repository, 'artifacts', 'guests', 'busybox')
    if ([IO.File]::Exists($program)) { return $program }
    $bash = @('/bin/bash', '/usr/bin/bash').Where({ [IO.File]::Exists($_) }, 'First')
    if (-not $bash) { return }
    $output = & $bash[0] ([IO.Path]::Combine($guests, 'fetch-busybox.sh')) 2>&1
    if ($LASTEXITCODE -eq 0) { return $program }
    Write-Host "`nWithout the second act: $($output | Select-LastLine)"
}

filter Select-LastLine { begin { $last = '' } process { if ("$_".Trim()) { $last = "$_" } } end { $last } }

try {
    $root = [IO.Path]::Combine($work, 'rootfs')
    $null = [IO.Directory]::CreateDirectory($root)
    [IO.File]::Copy([IO.Path]::Combine($guests, 'bin', 'counter'), [IO.Path]::Combine($root, 'counter'))
    Invoke-Act counter $root /counter

    $busybox = Get-Busybox
    if ($busybox) {
        $root = [IO.Path]::Combine($work, 'shellroot')
        $null = [IO.Directory]::CreateDirectory([IO.Path]::Combine($root, 'bin'))
        [IO.File]::Copy($busybox, [IO.Path]::Combine($root, 'bin', 'sh'))
        Invoke-Act shell $root /bin/sh @('-c', 'i=0; while :; do i=$((i + 1)); echo $i; done')
    }
}
finally {
    Get-CrTask | Remove-CrTask -Force
    if ([IO.Directory]::Exists($work)) { [IO.Directory]::Delete($work, $true) }
}
