# The recipes do what they say. The blocks of a page run one after the other, as they stand, in a folder that has what they name; a block that is marked as a second
# process's runs in a fresh one. What a page shows as output must come out.

BeforeDiscovery {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    $pages = foreach ($path in [IO.Directory]::GetFiles([IO.Path]::Combine((Get-RepositoryRoot), 'docs', 'recipes'), '*.md') | Sort-Object) {
        $name = [IO.Path]::GetFileNameWithoutExtension($path)
        if ($name -eq 'README') { continue }
        @{ page = $name; blocks = @((Get-CodeBlock $path).Where({ $_.kind -like 'powershell*' })) }
    }
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $repository = Get-RepositoryRoot
    $artifacts = [IO.Path]::Combine($repository, 'artifacts', 'guests')
    $busybox = [IO.Path]::Combine($artifacts, 'busybox')
    $debian = [IO.Path]::Combine($artifacts, 'debian')

    # A folder with the guests, and roots where they have been fetched.
    function New-World([string] $World) {
        $bin = [IO.Path]::Combine($World, 'tests', 'guests', 'bin')
        $root = [IO.Path]::Combine($World, 'rootfs', 'bin')
        $null = [IO.Directory]::CreateDirectory($bin)
        $null = [IO.Directory]::CreateDirectory($root)
        Copy-Item ([IO.Path]::Combine($repository, 'tests', 'guests', 'bin', 'counter')) $bin
        if ([IO.File]::Exists($busybox)) { Copy-Item $busybox ([IO.Path]::Combine($root, 'sh')) }
        if ([IO.Directory]::Exists($debian)) { $null = [IO.Directory]::CreateSymbolicLink([IO.Path]::Combine($World, 'debian'), $debian) }
    }

}

Describe 'The recipes' {
    It 'are seven, and all that they show is compared' -ForEach @(@{ pages = $pages }) {
        $pages.Count | Should -Be 7
        foreach ($one in $pages) {
            @($one.blocks.Where({ $_.output })).Count | Should -BeGreaterOrEqual 3 -Because $one.page
        }
        $list = [IO.File]::ReadAllText([IO.Path]::Combine($repository, 'docs', 'recipes', 'README.md'))
        foreach ($one in $pages) { $list | Should -Match "\($($one.page)\.md\)" }
        [IO.File]::ReadAllText([IO.Path]::Combine($repository, 'README.md')) | Should -Match '\(docs/recipes\)'
    }

    AfterEach {
        Get-CrCheckpointSchedule | Unregister-CrCheckpointSchedule
        Get-CrTask | Remove-CrTask -Force
    }

    It 'work: <page>' -ForEach $pages {
        if (($blocks.code -match '\./rootfs') -and -not [IO.File]::Exists($busybox)) { Set-ItResult -Skipped -Because 'busybox has not been fetched'; return }
        if (($blocks.code -match '\./debian') -and -not [IO.Directory]::Exists($debian)) { Set-ItResult -Skipped -Because 'the Debian packages have not been fetched'; return }
        $world = [IO.Path]::Combine($TestDrive, $page)
        New-World $world
        Push-Location $world
        try {
            $ErrorActionPreference = 'Stop'
            foreach ($block in $blocks) {
                if ($block.kind -match 'second') { $given = @(Invoke-FreshHost ([scriptblock]::Create($block.code)) -WorkingDirectory $world) }
                else { $given = @(. ([scriptblock]::Create($block.code))) }
                if ($block.output) { ConvertTo-Shown $given | Should -Be $block.output -Because $block.code }
            }
        }
        finally { Pop-Location }
    }
}
