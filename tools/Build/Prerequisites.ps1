# What tests and measurements use besides the SDK: installed where that may be done, named where it may not.

function Test-Program([string] $Name) { $null -ne (Get-Command $Name -CommandType Application -ErrorAction Ignore) }

# True when Debian packages can be installed: apt-get, and root.
function Test-CanInstall { (Test-Program apt-get) -and (Test-Program id) -and (& id -u) -eq '0' }

# Installs Debian packages for a purpose; says what is missing where it cannot.
function Install-Package([string[]] $Packages, [string] $Purpose) {
    if (-not (Test-CanInstall)) {
        Write-Host "Missing for ${Purpose}: $($Packages -join ', ') (installing them takes Debian's apt-get and root)."
        return
    }
    Write-Host "Installing $($Packages -join ', ') for $Purpose."
    $env:DEBIAN_FRONTEND = 'noninteractive'
    $output = & apt-get install -y -q --no-install-recommends @Packages 2>&1
    if ($LASTEXITCODE -ne 0) {
        # The lists may be absent or old.
        $output = & apt-get update -q 2>&1
        $output = & apt-get install -y -q --no-install-recommends @Packages 2>&1
    }
    if ($LASTEXITCODE -ne 0) {
        foreach ($line in $output) { Write-Host "$line" }
        Write-Host "That failed; going on without."
    }
}

function Test-Compiles32 {
    if (-not (Test-Program gcc)) { return $false }
    'int guest;' | & gcc -m32 -x c -c -o /dev/null - 2>$null
    $LASTEXITCODE -eq 0
}

# For Test: a compiler for the guests, a debugger for their core files, a browser for pages, and Debian's busybox, C library and programs for i386.
function Install-TestPrerequisite {
    if (-not $IsLinux) { return }
    if (-not (Test-Compiles32)) { Install-Package gcc, binutils, python3-minimal 'comparing the guests with their sources' }
    if (-not (Test-Program gdb)) { Install-Package gdb 'opening core files' }
    if (-not (Test-Program chromium)) { Install-Package chromium, fonts-dejavu-core 'looking at pages' }
    foreach ($name in 'fetch-busybox.sh', 'fetch-debian.sh', 'fetch-root.sh') {
        $fetch = [IO.Path]::Combine($root, 'tests', 'guests', $name)
        if (-not [IO.File]::Exists($fetch)) { continue }
        $output = & $fetch 2>&1
        if ($LASTEXITCODE -ne 0) { foreach ($line in $output) { Write-Host "$line" } }
    }
}

# For Bench: the peer.
function Install-BenchPrerequisite {
    if ($IsLinux -and -not (Test-Program qemu-i386)) { Install-Package qemu-user 'measuring beside qemu-i386' }
    Install-TestPrerequisite
}
