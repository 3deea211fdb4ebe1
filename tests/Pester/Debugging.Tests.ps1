# docs/debugging.md does what it says: its blocks run one after the other, as they stand, in a folder that has what they name, and what it shows as output comes out.

BeforeDiscovery {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    $blocks = (Get-CodeBlock ([IO.Path]::Combine((Get-RepositoryRoot), 'docs', 'debugging.md'))).Where({ $_.kind -eq 'powershell' })
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $bin = [IO.Path]::Combine($TestDrive, 'tests', 'guests', 'bin')
    $null = [IO.Directory]::CreateDirectory($bin)
    foreach ($guest in 'frames', 'stepper') { Copy-Item ([IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin', $guest)) $bin }
}

Describe 'The page about debugging' {
    AfterAll { Get-CrTask | Remove-CrTask -Force }

    It 'works' -ForEach @(@{ blocks = $blocks }) {
        @($blocks.Where({ $_.output })).Count | Should -BeGreaterOrEqual 5
        Push-Location $TestDrive
        try {
            $ErrorActionPreference = 'Stop'
            foreach ($block in $blocks) {
                $given = @(. ([scriptblock]::Create($block.code)))
                if ($block.output) { ConvertTo-Shown $given -Width 160 | Should -Be $block.output -Because $block.code }
            }
        }
        finally { Pop-Location }
    }
}
