# What ModuleCosts.cs measures inside a session: each figure is a line "name milliseconds".
param([Parameter(Mandatory)] [string] $Manifest, [Parameter(Mandatory)] [string] $Guest, [Parameter(Mandatory)] [string] $Folder, [int] $Size = 1024, [int] $Runs = 5)

$ErrorActionPreference = 'Stop'
Import-Module $Manifest
$image = [IO.Path]::Combine($Folder, "cr-bench-$PID.cr")
$bytes = [IO.Path]::Combine($Folder, "cr-bench-$PID.bytes")
$needle = 'a text that is nowhere'

function Measure-Milliseconds([scriptblock] $What) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $null = & $What
    $watch.Elapsed.TotalMilliseconds
}

function Write-Figure([string] $Name, [double] $Value) { [Console]::Out.WriteLine([string]::Format([cultureinfo]::InvariantCulture, '{0} {1}', $Name, $Value)) }

# What the process has read from files so far, in MiB; nothing where the system does not tell.
function Get-BytesRead {
    if ([IO.File]::Exists('/proc/self/io')) { [double]([IO.File]::ReadAllLines('/proc/self/io').Where({ $_ -like 'rchar:*' })[0].Split(' ')[1]) / 1MB } else { 0 }
}

$task = Start-CrTask $Guest -ArgumentList $Size -MemoryLimit 8GB
try {
    while (-not ($task | Receive-CrTask)) { [Threading.Thread]::Sleep(20) }
    $task | Suspend-CrTask | Out-Null
    $task | Save-CrCheckpoint $image | Out-Null

    for ($i = 0; $i -lt $Runs; $i++) {
        $before = Get-BytesRead
        Write-Figure open (Measure-Milliseconds { Get-CrCheckpoint $image })
        Write-Figure list (Measure-Milliseconds { Get-CrVma $image })
        Write-Figure read ((Get-BytesRead) - $before)
    }

    $region = $task | Get-CrVma | Sort-Object Size | Select-Object -Last 1
    [IO.File]::WriteAllBytes($bytes, ($region | Get-CrMemory -Raw))
    $grep = [Diagnostics.ProcessStartInfo]::new('grep', [string[]]@('-c', '-a', '-F', $needle, $bytes))
    $grep.RedirectStandardOutput = $true
    $grep.Environment['LC_ALL'] = 'C'
    # The first round of each warms caches.
    for ($i = -1; $i -lt $Runs; $i++) {
        $other = try { Measure-Milliseconds { $process = [Diagnostics.Process]::Start($grep); $process.StandardOutput.ReadToEnd(); $process.WaitForExit() } } catch [ComponentModel.Win32Exception] { 0 }
        $live = Measure-Milliseconds { Find-CrMemory -Vma $region -Text $needle }
        $saved = Measure-Milliseconds { Find-CrMemory $image -Text $needle }
        $pattern = Measure-Milliseconds { Find-CrMemory -Vma $region -Pattern 'a text that is [a-z]+where' }
        if ($i -lt 0) { continue }
        Write-Figure grep $other
        Write-Figure find-live $live
        Write-Figure find-image $saved
        Write-Figure find-pattern $pattern
    }
}
finally {
    $task | Remove-CrTask -Force
    [IO.File]::Delete($image)
    [IO.File]::Delete($bytes)
}
