# Get-CrMemory: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Get-CrMemory' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image
    }

    It 'looks into live tasks and images alike: <from>' -ForEach @(
        @{ from = 'a piped task'; look = { $task | Get-CrMemory -Address 0x08049000 } }
        @{ from = 'a number'; look = { Get-CrMemory -Id $task.Id -Address 0x08049000 } }
        @{ from = 'a property'; look = { [pscustomobject]@{ CrTaskId = $task.Id } | Get-CrMemory -Address 0x08049000 } }
        @{ from = 'a checkpoint'; look = { $checkpoint | Get-CrMemory -Address 0x08049000 } }
        @{ from = 'a path'; look = { Get-CrMemory $image -Address 0x08049000 } }
        @{ from = 'a literal path'; look = { Get-CrMemory -LiteralPath $image -Address 0x08049000 } }
        @{ from = 'a file'; look = { Get-Item $image | Get-CrMemory -Address 0x08049000 } }
    ) {
        $found = @(& $look)
        $found.Count | Should -BeGreaterOrEqual 16
        $found[0] | Should -BeOfType 'CheckpointRestart.PS.Objects.CrMemory'
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
        Get-CrMemory $image -Address $address -Raw | Should -Be $live
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

    It 'reports what is not there' {
        { Get-CrMemory -Id 999999 -Address 0x08048000 -ErrorAction Stop } | Should -Throw -ErrorId "TaskNotFound,$namespace.GetCrMemoryCommand"
        { Get-CrMemory (Join-Path $TestDrive none.cr) -Address 0x08048000 -ErrorAction Stop } | Should -Throw -ErrorId "PathNotFound,$namespace.GetCrMemoryCommand"
    }
}
