# A session with the module, as `./build.sh Shell` opens it.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    $shell = [IO.Path]::Combine((Split-Path (Get-ModuleManifest)), 'tools', 'Shell.ps1')
    $script = Join-Path $TestDrive 'arguments.ps1'
    [IO.File]::WriteAllText($script, 'foreach ($argument in $args) { "<$argument>" }; exit 3')
}

Describe 'Shell' {
    It 'hands <Given.Count> arguments to a script as they are' -ForEach @(
        @{ Given = @() }
        @{ Given = @('one of them') }
        @{ Given = @('one', 'two') }
        @{ Given = @('one', '', 'three') }
    ) {
        $output = @(Invoke-FreshHost -NoModule -ArgumentList (@($shell, $script) + $Given) {
                $rest = @($args | Select-Object -Skip 2)
                & $args[0] -File $args[1] @rest
            })
        $output -join '' | Should -Be (-join $Given.ForEach({ "<$_>" }))
    }

    It 'runs a command with the module imported' {
        Invoke-FreshHost -NoModule -ArgumentList $shell { & $args[0] -Command '(Get-Command Start-CrTask).ModuleName' } | Should -Be 'CheckpointRestart'
    }
}
