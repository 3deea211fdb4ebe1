# Pester is a development dependency: version 5.5 or newer of the fifth and sixth series.
$PesterMinimum = [version]'5.5.0'
$PesterBelow = [version]'7.0'

function Find-Pester {
    Get-Module Pester -ListAvailable | Where-Object { $_.Version -ge $PesterMinimum -and $_.Version -lt $PesterBelow } |
        Sort-Object Version -Descending | Select-Object -First 1
}

# Imports Pester, or makes sure that this host has a runner of its own.
function Import-Pester {
    $pester = Find-Pester
    if ($pester) { Import-Module $pester.Path -Global -Force -DisableNameChecking }
    elseif (-not (Get-Command Invoke-Pester -Module PSHost.Testing -ErrorAction Ignore)) {
        throw "Neither Pester $PesterMinimum nor this repository's test host is here."
    }
}
