# docs/debugging.md does what it says: its blocks run one after the other, as they stand, in a folder that has what they name, and what it shows as output comes out.

BeforeDiscovery {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    $text = [IO.File]::ReadAllText([IO.Path]::Combine((Get-RepositoryRoot), 'docs', 'debugging.md')).Replace("`r", '')
    $blocks = foreach ($match in [regex]::Matches($text, '(?ms)^```powershell\n(?<code>.*?)\n```(\n```output\n(?<output>.*?)\n```)?')) {
        @{ code = $match.Groups['code'].Value; output = $match.Groups['output'].Value }
    }
    $outputs = [regex]::Matches($text, '(?m)^```output$').Count
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $bin = [IO.Path]::Combine($TestDrive, 'tests', 'guests', 'bin')
    $null = [IO.Directory]::CreateDirectory($bin)
    foreach ($guest in 'frames', 'stepper') { Copy-Item ([IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin', $guest)) $bin }
    function ConvertTo-Shown([object[]] $Given) { (($Given | Out-String -Width 160).Replace("`r", '').Split("`n").TrimEnd() -join "`n").Trim("`n") }
}

Describe 'The page about debugging' {
    AfterAll { Get-CrTask | Remove-CrTask -Force }

    It 'works' -ForEach @(@{ blocks = $blocks; outputs = $outputs }) {
        @($blocks.Where({ $_.output })).Count | Should -Be $outputs
        $outputs | Should -BeGreaterOrEqual 5
        Push-Location $TestDrive
        try {
            $ErrorActionPreference = 'Stop'
            foreach ($block in $blocks) {
                $given = @(. ([scriptblock]::Create($block.code)))
                if ($block.output) { ConvertTo-Shown $given | Should -Be $block.output -Because $block.code }
            }
        }
        finally { Pop-Location }
    }
}
