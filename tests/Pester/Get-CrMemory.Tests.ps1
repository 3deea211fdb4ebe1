# Get-CrMemory: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

. ([IO.Path]::Combine($PSScriptRoot, 'Inspection.ps1')) Get-CrMemory -Least 16 -With @{ Address = 0x08049000 }

Describe 'Get-CrMemory' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image
    }

    It 'does not make up what the image leaves to the file' {
        { Get-CrMemory $image -Address 0x08048000 -ErrorAction Stop } | Should -Throw -ErrorId "PageNotInImage,$namespace.GetCrMemoryCommand"
    }

    It 'gives lines of a hexadecimal view' {
        $line = $task | Get-CrMemory -Address 0x08048000 -Length 16
        $line.Hex | Should -BeLike '7f 45 4c 46  *'
        $line.Text | Should -BeLike '.ELF*'
        $line.Bytes.Length | Should -Be 16
    }

    It 'gives bytes, and one array' {
        $task | Get-CrMemory -Address 0x08048001 -Length 3 -AsByteStream | Should -Be 0x45, 0x4c, 0x46
        $all = $task | Get-CrMemory -Address 0x08048000 -Length 5000 -Raw -WarningAction SilentlyContinue
        $all -is [byte[]] | Should -BeTrue
        $all.Length | Should -Be 5000
    }

    It 'reads the same from the task and from its image' {
        $address = ($task | Get-CrRegister).Esp
        $live = $task | Get-CrMemory -Address $address -Raw
        (Get-CrMemory $image -Address $address -Raw) | Should -Be $live
    }

    It 'reads piped regions and pages' {
        $bytes = $task | Get-CrVma | Where-Object Name -eq '[stack]' | Get-CrMemory -Raw
        $bytes.Length | Should -Be ($task | Get-CrVma | Where-Object Name -eq '[stack]').Size
        @($task | Get-CrPage | Select-Object -First 1 | Get-CrMemory).Count | Should -Be 256
    }

    It 'refuses an address where nothing is, and warns where it ends' {
        { $task | Get-CrMemory -Address 0 -ErrorAction Stop } | Should -Throw -ErrorId "AddressNotMapped,$namespace.GetCrMemoryCommand"
        @($task | Get-CrMemory -Address 0xbffffff0 -Length 32 -WarningVariable warned -WarningAction SilentlyContinue).Count | Should -Be 1
        $warned.Count | Should -Be 1
    }
}
