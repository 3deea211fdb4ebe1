# The sessions that README and the pages under docs show: each line behind a prompt runs as it stands, and what the page shows below it must come out. The blocks of a
# page are one session, in a folder that has what they name.

BeforeDiscovery {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    $repository = Get-RepositoryRoot
    $paths = @([IO.Path]::Combine($repository, 'README.md')) + @([IO.Directory]::GetFiles([IO.Path]::Combine($repository, 'docs'), '*.md') | Sort-Object)
    $pages = foreach ($path in $paths) {
        $commands = [Collections.Generic.List[hashtable]]::new()
        foreach ($block in (Get-CodeBlock $path).Where({ $_.code.StartsWith('PS> ') })) {
            foreach ($one in [regex]::Matches($block.code, '(?ms)^PS> (?<code>[^\n]*(\n>> [^\n]*)*)\n?(?<shown>.*?)(?=^PS> |\z)')) {
                $commands.Add(@{ code = $one.Groups['code'].Value.Replace("`n>> ", "`n"); shown = $one.Groups['shown'].Value.Trim("`n") })
            }
        }
        $prompts = [regex]::Matches([IO.File]::ReadAllText($path), '(?m)^PS> ').Count
        if ($prompts) { @{ page = [IO.Path]::GetRelativePath($repository, $path); commands = $commands.ToArray(); prompts = $prompts } }
    }
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $repository = Get-RepositoryRoot
    $fetched = [IO.Path]::Combine($repository, 'artifacts', 'guests')

    # A folder that looks like a clone in which the guests have been fetched, and nothing else.
    function New-World([string] $World) {
        $null = [IO.Directory]::CreateDirectory([IO.Path]::Combine($World, 'tests'))
        $null = [IO.Directory]::CreateDirectory([IO.Path]::Combine($World, 'artifacts'))
        $null = [IO.Directory]::CreateSymbolicLink([IO.Path]::Combine($World, 'tests', 'guests'), [IO.Path]::Combine($repository, 'tests', 'guests'))
        $null = [IO.Directory]::CreateSymbolicLink([IO.Path]::Combine($World, 'artifacts', 'guests'), $fetched)
    }

    # What may differ from one day and one folder to the next: the folder, the day, how long an image with that day in it is, and blanks, by which columns are aligned; and a
    # task's number, which others may have been given before.
    function ConvertTo-Comparable([string] $Text, [string] $World) {
        $Text = $Text.Replace("`r", '').Replace($World, '/home/user')
        $Text = [regex]::Replace($Text, '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d', '2026-01-01 00:00:00')
        $Text = $Text -replace ' +', ' ' -replace '\btask \d+', 'task n' -replace '(?<=00:00:00 )\S+', 'size'
        ($Text.Split("`n").TrimEnd() -join "`n").Trim("`n")
    }
}

Describe 'The sessions of the pages' {
    AfterEach { Get-CrTask | Remove-CrTask -Force }

    It 'are all found, those of README among them' -ForEach @(@{ pages = $pages }) {
        foreach ($one in $pages) { @($one.commands).Count | Should -Be $one.prompts -Because $one.page }
        $pages.page | Should -Contain README.md
    }

    It 'are as shown: <page>' -ForEach $pages {
        if (($commands.code -match '\./artifacts/guests') -and -not [IO.Directory]::Exists([IO.Path]::Combine($fetched, 'debs'))) { Set-ItResult -Skipped -Because 'guests have not been fetched'; return }
        # A short name, which the columns have room for.
        $world = [IO.Path]::Combine([IO.Path]::GetTempPath(), [IO.Path]::GetRandomFileName().Substring(0, 8))
        $null = [IO.Directory]::CreateDirectory($world)
        Push-Location $world
        try {
            New-World $world
            if ($commands.code -match '\./rootfs') {
                $said = & ([IO.Path]::Combine($repository, 'tests', 'guests', 'make-root.sh')) ([IO.Path]::Combine($world, 'rootfs')) none 2>&1
                if ($LASTEXITCODE -ne 0) { throw "$said" }
            }
            $ErrorActionPreference = 'Continue'
            foreach ($one in $commands) {
                $given = try { . ([scriptblock]::Create($one.code)) 2>&1 | Out-String -Width 120 } catch { "$($_.InvocationInfo.MyCommand.Name): $_" }
                ConvertTo-Comparable $given $world | Should -Be (ConvertTo-Comparable $one.shown $world) -Because $one.code
            }
        }
        finally {
            Pop-Location
            Get-CrTask | Remove-CrTask -Force
            foreach ($link in 'tests/guests', 'artifacts/guests') {
                $link = [IO.Path]::Combine($world, $link)
                if ([IO.Directory]::Exists($link)) { [IO.Directory]::Delete($link) }
            }
            [IO.Directory]::Delete($world, $true)
        }
    }
}
