# Find-CrMemory: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

. ([IO.Path]::Combine($PSScriptRoot, 'Inspection.ps1')) Find-CrMemory -With @{ PointerTo = 0xbf000000; TargetLength = 0x01000000 } -Type CrMemoryMatch

Describe 'Find-CrMemory' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image
        $stack = $task | Get-CrVma | Where-Object Name -eq '[stack]'
    }

    It 'finds bytes, hexadecimal digits and text' {
        ($task | Find-CrMemory -Value 0x7f, 0x45, 0x4c, 0x46)[0].Address | Should -Be 0x08048000
        ($task | Find-CrMemory -HexString '7f 45-4c46')[0].Address | Should -Be 0x08048000
        ($task | Find-CrMemory -Text ELF)[0].Address | Should -Be 0x08048001
    }

    It 'says where it is' {
        $match = ($task | Find-CrMemory -HexString 7f454c46)[0]
        $match.Name | Should -BeLike '*counter'
        $match.Offset | Should -Be 0
        $match.Text | Should -Be '.ELF'
        $match.Vma.Permissions | Should -Be 'r-xp'
    }

    It 'finds a regular expression, with and without case' {
        ($task | Find-CrMemory -Pattern '\x7fE.F')[0].Length | Should -Be 4
        @($task | Find-CrMemory -Pattern '\x7felf').Count | Should -Be 0
        ($task | Find-CrMemory -Pattern '\x7felf' -IgnoreCase)[0].Address | Should -Be 0x08048000
    }

    It 'finds the same in the task and in its image' {
        $live = $stack | Find-CrMemory -PointerTo $stack.Start -TargetLength $stack.Size
        $saved = Find-CrMemory $image -PointerTo $stack.Start -TargetLength $stack.Size
        @($live).Count | Should -BeGreaterThan 0
        @($saved.Where({ $_.Name -eq '[stack]' }).ForEach('Address')) | Should -Be @(@($live).ForEach('Address'))
        foreach ($match in $live) { [BitConverter]::ToUInt32($match.Bytes, 0) | Should -BeGreaterOrEqual $stack.Start }
    }

    It 'finds what begins on one page and ends on the next, once' {
        $edge = ($stack.End - 0x1000) -band 0xfffff000
        $writable = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 1000
        $word = ([guid]::NewGuid()).ToString('n')
        $writable | Set-CrMemory ($edge - 5) $word
        $found = @($writable | Find-CrMemory -Text $word)
        $found.Count | Should -Be 1
        $found[0].Address | Should -Be ($edge - 5)
        $found[0].Text | Should -Be $word
        @($writable | Find-CrMemory -Pattern "$($word.Substring(0, 3))[0-9a-f]+").Text | Should -Be $word
    }

    It 'gives hits that overlap' {
        $writable = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 1000
        $writable | Set-CrMemory ($stack.End - 64) 'qzqzqzq'
        @($writable | Find-CrMemory -Text qzq).ForEach('Address') | Should -Be ($stack.End - 64), ($stack.End - 62), ($stack.End - 60)
    }

    It 'gives nothing when nothing is there' {
        $task | Find-CrMemory -Text ([guid]::NewGuid()) | Should -BeNullOrEmpty
    }

    It 'refuses what cannot be looked for' {
        { $task | Find-CrMemory } | Should -Throw -ErrorId "OneSearchWanted,$namespace.FindCrMemoryCommand"
        { $task | Find-CrMemory -Text a -HexString 41 } | Should -Throw -ErrorId "OneSearchWanted,$namespace.FindCrMemoryCommand"
        { $task | Find-CrMemory -Pattern '(' } | Should -Throw -ErrorId "InvalidPattern,$namespace.FindCrMemoryCommand"
        { $task | Find-CrMemory -HexString 4 } | Should -Throw -ErrorId "InvalidMemoryValue,$namespace.FindCrMemoryCommand"
    }
}
