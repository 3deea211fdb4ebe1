# The page about the drives does what it says, and the drives have help. The page's blocks run one after the other, as they stand; what it shows as output must come out.

BeforeDiscovery {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    $blocks = (Get-CodeBlock ([IO.Path]::Combine((Get-RepositoryRoot), 'docs', 'drives.md'))).Where({ $_.kind -eq 'powershell' })
}

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $repository = Get-RepositoryRoot
}

Describe 'The page about the drives' {
    It 'shows output that is compared' -ForEach @(@{ blocks = $blocks }) {
        @($blocks.Where({ $_.output })).Count | Should -BeGreaterOrEqual 6
    }

    It 'works' -ForEach @(@{ blocks = $blocks }) {
        $place = [IO.Path]::Combine($TestDrive, 'world')
        $rootfs = [IO.Path]::Combine($place, 'rootfs')
        foreach ($folder in 'etc', 'tmp') { $null = [IO.Directory]::CreateDirectory([IO.Path]::Combine($rootfs, $folder)) }
        Copy-Item ([IO.Path]::Combine($repository, 'tests', 'guests', 'bin', 'counter')) $rootfs
        [IO.File]::WriteAllText([IO.Path]::Combine($rootfs, 'etc', 'motd'), "Welcome`n")
        foreach ($name in 'hosts', 'hostname') {
            $file = [IO.Path]::Combine($rootfs, 'etc', $name)
            [IO.File]::WriteAllText($file, "$name`n")
            [IO.File]::SetLastWriteTimeUtc($file, [DateTime]::new(2026, 1, 2, 3, 4, 5, [DateTimeKind]::Utc))
        }
        Push-Location $place
        try {
            $ErrorActionPreference = 'Stop'
            foreach ($block in $blocks) {
                $given = @(. ([scriptblock]::Create($block.code)))
                if (-not $block.output) { continue }
                # The task has the number 1 on the page, and the folder is a user's.
                $shown = (ConvertTo-Shown $given).Replace("task $($task.Id) ", 'task 1 ').Replace($place, '/home/user')
                $shown | Should -Be $block.output -Because $block.code
            }
        }
        finally {
            Pop-Location
            Get-CrTask | Remove-CrTask -Force
        }
    }
}

Describe 'Help' {
    It 'is there for <_>' -ForEach @('CrTask', 'CrImage') {
        $help = Get-Help $_ -Category Provider
        $help.Name | Should -Be $_
        $help.Synopsis | Should -Not -BeNullOrEmpty
        ($help | Out-String) | Should -Match 'Get-Content'
    }
}
