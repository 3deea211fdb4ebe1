# What completion offers can stand on a line as it is, whatever quotes a name has.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $root = [IO.Path]::Combine($TestDrive, 'rootfs')
    $null = [IO.Directory]::CreateDirectory($root)
}

Describe 'Completion of names with quotes' {
    It 'gives a word that is the name: <code>' -ForEach @(
        @{ code = 0x27 }
        @{ code = 0x22 }
        @{ code = 0x2018 }
        @{ code = 0x2019 }
        @{ code = 0x201B }
        @{ code = 0x201D }
    ) {
        $name = "O$([char] $code)Brien$code"
        [IO.File]::WriteAllText([IO.Path]::Combine($root, $name), '')
        $line = "Start-CrTask -Root '$root' -FilePath /"
        $offered = @((TabExpansion2 $line $line.Length).CompletionMatches.CompletionText).Where({ $_ -like "*Brien$code*" })
        $offered.Count | Should -Be 1
        [scriptblock]::Create($offered[0]).Invoke() | Should -BeExactly "/$name"
    }
}
