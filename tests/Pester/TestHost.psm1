# Helpers for tests that need a fresh process of the host that runs them: pwsh under pwsh, else the repository's own.

$RepositoryRoot = [IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '..', '..'))

# Get-HostCommand, which starts the host of this session once more.
. ([IO.Path]::Combine($RepositoryRoot, 'tools', 'Build', 'Common.ps1'))

# The manifest under test: the repository's, or the one that CR_MODULE names.
function Get-ModuleManifest {
    if ($env:CR_MODULE) { $env:CR_MODULE } else { [IO.Path]::Combine($RepositoryRoot, 'CheckpointRestart.psd1') }
}

function Import-TestedModule {
    Import-Module (Get-ModuleManifest) -Global
}

function Get-RepositoryRoot { $RepositoryRoot }

# A new root directory as tests/guests/make-root.sh makes it, with the busybox named, the fetched one, or 'none'. It is no part of $TestDrive: its links lead out of it, and Pester
# follows those that it finds in $TestDrive. Whoever asks for it deletes it.
function New-GuestRoot([string] $Busybox) {
    $root = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'cr-root-' + [IO.Path]::GetRandomFileName())
    $given = @($root) + @($Busybox).Where({ $_ })
    $said = & bash ([IO.Path]::Combine($RepositoryRoot, 'tests', 'guests', 'make-root.sh')) @given 2>&1
    if ($LASTEXITCODE -ne 0) { throw "make-root.sh: $said" }
    $root
}

# Runs the host with the arguments given; gives an object with ExitCode, Output (text) and ErrorOutput (text).
# Standard input is at its end unless -InputText says otherwise.
function Start-FreshHost {
    [CmdletBinding()]
    param(
        [string[]] $ArgumentList = @(),
        [string] $InputText = '',
        [string] $WorkingDirectory,
        [hashtable] $Environment = @{},
        [double] $TimeoutSeconds = 300
    )

    $program, [string[]] $first = Get-HostCommand
    $start = [Diagnostics.ProcessStartInfo]::new($program)
    foreach ($argument in $first + @('-NoProfile', '-NonInteractive') + $ArgumentList) { $start.ArgumentList.Add($argument) }
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    if ($WorkingDirectory) { $start.WorkingDirectory = $WorkingDirectory }
    foreach ($key in $Environment.Keys) { $start.Environment[$key] = $Environment[$key] }
    $process = [Diagnostics.Process]::Start($start)
    try {
        $output = $process.StandardOutput.ReadToEndAsync()
        $errors = $process.StandardError.ReadToEndAsync()
        $process.StandardInput.Write($InputText)
        $process.StandardInput.Close()
        if (-not $process.WaitForExit([int]($TimeoutSeconds * 1000))) {
            $process.Kill($true)
            throw "The host did not end within $TimeoutSeconds s."
        }
        [pscustomobject]@{ ExitCode = $process.ExitCode; Output = $output.Result; ErrorOutput = $errors.Result }
    }
    finally {
        $process.Dispose()
    }
}

# Runs a script block in a fresh process, with the module imported, and gives its output lines. Arguments travel as JSON, so they are what
# JSON carries: text, numbers, lists, tables. An error that ends the script is thrown here with what the process wrote.
function Invoke-FreshHost {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [scriptblock] $Script,
        [object[]] $ArgumentList = @(),
        [switch] $NoModule,
        [string] $WorkingDirectory,
        [hashtable] $Environment = @{},
        [double] $TimeoutSeconds = 300
    )

    $file = [IO.Path]::Combine([IO.Path]::GetTempPath(), [IO.Path]::GetRandomFileName() + '.ps1')
    $import = if ($NoModule) { '' } else { "Import-Module '$((Get-ModuleManifest).Replace("'", "''"))'" }
    $json = (ConvertTo-Json -InputObject @($ArgumentList) -Compress -Depth 20).Replace("'", "''")
    [IO.File]::WriteAllText($file, @"
`$ErrorActionPreference = 'Stop'
$import
`$arguments = @(ConvertFrom-Json '$json')
& {
$Script
} @arguments
"@)
    try {
        $run = Start-FreshHost -ArgumentList '-File', $file -WorkingDirectory $WorkingDirectory -Environment $Environment -TimeoutSeconds $TimeoutSeconds
    }
    finally {
        [IO.File]::Delete($file)
    }
    if ($run.ExitCode -ne 0) { throw "The fresh process ended with exit code $($run.ExitCode): $($run.ErrorOutput)$($run.Output)" }
    $text = $run.Output
    if ($text.Length -eq 0) { return }
    $text.TrimEnd("`r", "`n").Split("`n").ForEach({ $_.TrimEnd("`r") })
}

# The blocks of code of a Markdown page, one hashtable each, in their order: section and title (the headings above, of the second and the third level), kind (what stands
# behind the backticks), code, and the output that is shown right behind, or an empty text. Output that no block is before, and a block without an end, are errors:
# nobody would compare them.
function Get-CodeBlock {
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0)] [string] $Path)

    $section = $title = ''
    $last = $null
    $lines = [IO.File]::ReadAllText($Path).Replace("`r", '').Split("`n")
    $blocks = [Collections.Generic.List[hashtable]]::new()
    for ($at = 0; $at -lt $lines.Count; $at++) {
        $line = $lines[$at]
        if ($line.StartsWith('```')) {
            $end = [Array]::IndexOf($lines, '```', $at + 1)
            if ($end -lt 0) { throw "${Path}: the block of line $($at + 1) has no end." }
            $text = $(if ($end -gt $at + 1) { $lines[($at + 1)..($end - 1)] }) -join "`n"
            if ($line -eq '```output') {
                if (-not $last) { throw "${Path}: the output of line $($at + 1) follows no code." }
                $last.output = $text
                $last = $null
            }
            else {
                $last = @{ section = $section; title = $title; kind = $line.Substring(3); code = $text; output = '' }
                $blocks.Add($last)
            }
            $at = $end
        }
        elseif ($line.Trim()) {
            $last = $null
            if ($line -match '^## (.*)') { $section, $title = $Matches[1], '' }
            elseif ($line -match '^### (.*)') { $title = $Matches[1] }
        }
    }
    $blocks
}

# What came out, as pages show it: without blanks behind lines and empty lines around.
function ConvertTo-Shown {
    param([object[]] $Given, [int] $Width = 120)
    (($Given | Out-String -Width $Width).Replace("`r", '').Split("`n").TrimEnd() -join "`n").Trim("`n")
}

# The first half of the FullyQualifiedErrorId of the error that ends a script block, or none.
function Get-ErrorId([scriptblock] $Script) {
    try { $null = & $Script }
    catch { return $_.FullyQualifiedErrorId.Split(',')[0] }
    'none'
}

function New-Secret([string] $Text) {
    $secret = [securestring]::new()
    foreach ($character in $Text.ToCharArray()) { $secret.AppendChar($character) }
    $secret
}

# A certificate of a day, signed by itself, with its private key: of an elliptic curve, or with -Rsa of RSA.
function New-Certificate([string] $Name, [switch] $Rsa) {
    $hash = [Security.Cryptography.HashAlgorithmName]::SHA256
    $request = if ($Rsa) {
        [Security.Cryptography.X509Certificates.CertificateRequest]::new("CN=$Name", [Security.Cryptography.RSA]::Create(2048), $hash, [Security.Cryptography.RSASignaturePadding]::Pkcs1)
    }
    else {
        [Security.Cryptography.X509Certificates.CertificateRequest]::new("CN=$Name", [Security.Cryptography.ECDsa]::Create([Security.Cryptography.ECCurve]::CreateFromFriendlyName('nistP256')), $hash)
    }
    $made = $request.CreateSelfSigned([DateTimeOffset]::UtcNow.AddDays(-1), [DateTimeOffset]::UtcNow.AddDays(1))
    # TLS wants a key that lies in a store of its own on some systems, and a supervised process one that may be exported.
    [Security.Cryptography.X509Certificates.X509CertificateLoader]::LoadPkcs12($made.Export('Pfx'), '', [Security.Cryptography.X509Certificates.X509KeyStorageFlags]::Exportable)
}

# The same without its private key.
function Get-PublicPart($Certificate) { [Security.Cryptography.X509Certificates.X509CertificateLoader]::LoadCertificate($Certificate.RawData) }

Export-ModuleMember -Function Get-ModuleManifest, Get-HostCommand, New-GuestRoot, Import-TestedModule, Get-RepositoryRoot, Start-FreshHost, Invoke-FreshHost, Get-CodeBlock, ConvertTo-Shown, Get-ErrorId, New-Secret, New-Certificate, Get-PublicPart
