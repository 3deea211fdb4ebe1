# The topics of the help: Get-Help finds them, and what they show is what comes out.

BeforeDiscovery {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    $topics = foreach ($page in [IO.Directory]::GetFiles([IO.Path]::Combine((Get-RepositoryRoot), 'docs', 'about'), '*.md') | Sort-Object) { @{ topic = [IO.Path]::GetFileNameWithoutExtension($page) } }
    $examples = foreach ($page in [IO.Directory]::GetFiles([IO.Path]::Combine((Get-RepositoryRoot), 'docs', 'about'), '*.md') | Sort-Object) {
        $number = 0
        foreach ($block in (Get-CodeBlock $page).Where({ $_.kind -eq 'powershell' })) {
            $number++
            $block + @{ topic = [IO.Path]::GetFileNameWithoutExtension($page); number = $number }
        }
    }
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $world = [IO.Path]::Combine($TestDrive, 'world')
    $bin = [IO.Path]::Combine($world, 'tests', 'guests', 'bin')
    $null = [IO.Directory]::CreateDirectory($bin)
    foreach ($guest in 'counter', 'hello') { Copy-Item ([IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin', $guest)) $bin }
    $saved = Start-CrTask ([IO.Path]::Combine($bin, 'counter')) -Suspended | Wait-CrTask -Instruction 100000
    $saved | Save-CrCheckpoint ([IO.Path]::Combine($world, 'x.cr')) | Out-Null
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe '<topic>' -ForEach $topics {
    It 'is found by Get-Help' {
        $text = Get-Help $topic | Out-String -Width 120
        $text | Should -Match "TOPIC\s+$topic"
        $text | Should -Match 'SHORT DESCRIPTION'
        $text | Should -Match 'SEE ALSO'
        $text | Should -Not -Match '```|\]\('
    }

    It 'is found in a fresh session too, once the module is imported' {
        (Invoke-FreshHost -ArgumentList $topic { param($topic) (Get-Help $topic | Out-String).Length -gt 500 }) | Should -Be True
    }

    It 'names only cmdlets and topics that there are' {
        $page = [IO.File]::ReadAllText([IO.Path]::Combine((Get-RepositoryRoot), 'docs', 'about', "$topic.md"))
        foreach ($name in [regex]::Matches($page, '\b[A-Z][a-z]+-Cr[A-Z]\w+').Value | Sort-Object -Unique) { Get-Command $name -Module CheckpointRestart -ErrorAction Ignore | Should -Not -BeNullOrEmpty -Because $name }
        foreach ($name in [regex]::Matches($page, '\babout_\w+').Value | Sort-Object -Unique) { Test-Path ([IO.Path]::Combine((Get-RepositoryRoot), 'docs', 'about', "$name.md")) | Should -BeTrue -Because $name }
    }

    It 'has lines for a console of 80 columns' {
        foreach ($line in [IO.File]::ReadAllLines([IO.Path]::Combine((Split-Path (Get-ModuleManifest)), 'en-US', "$topic.help.txt"))) {
            # A command stays on its line.
            if ($line -notmatch '^        ') { $line.Length | Should -BeLessOrEqual 80 -Because $line }
        }
    }
}

Describe 'Examples of the topics' {
    It 'are there' -ForEach @(@{ found = @($examples).Count }) { $found | Should -BeGreaterThan 0 }

    It 'show what comes out: <topic>, <number>' -ForEach $examples {
        Push-Location $world
        try {
            $ErrorActionPreference = 'Stop'
            $given = @(. ([scriptblock]::Create($code)))
        }
        finally {
            Pop-Location
            Get-CrTask | Where-Object Id -ne $saved.Id | Remove-CrTask -Force
        }
        ConvertTo-Shown $given | Should -Be $output.Trim("`n")
    }
}
