# Helpers for tests that need a fresh process of the host that runs them: pwsh under pwsh, else the repository's own.

$RepositoryRoot = [IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '..', '..'))

# The manifest under test: the repository's, or the one that CR_MODULE names.
function Get-ModuleManifest {
    if ($env:CR_MODULE) { $env:CR_MODULE } else { [IO.Path]::Combine($RepositoryRoot, 'CheckpointRestart.psd1') }
}

function Import-TestedModule {
    Import-Module (Get-ModuleManifest) -Global
}

function Get-RepositoryRoot { $RepositoryRoot }

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

    $start = [Diagnostics.ProcessStartInfo]::new([Environment]::ProcessPath)
    foreach ($argument in @('-NoProfile', '-NonInteractive') + $ArgumentList) { $start.ArgumentList.Add($argument) }
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

Export-ModuleMember -Function Get-ModuleManifest, Import-TestedModule, Get-RepositoryRoot, Start-FreshHost, Invoke-FreshHost
