# Get-CrInstruction: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $stepper = [IO.Path]::Combine($guests, 'stepper')
    $id = 'CheckpointRestart.PS.Commands.GetCrInstructionCommand'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

. ([IO.Path]::Combine($PSScriptRoot, 'Inspection.ps1')) Get-CrInstruction -Least 10 -With @{ FilePath = [IO.Path]::Combine($PSScriptRoot, '..', 'guests', 'bin', 'counter') }

Describe 'Get-CrInstruction' {
    BeforeAll {
        $task = Start-CrTask $stepper -Suspended | Wait-CrTask -Instruction 2
        $image = Join-Path $TestDrive stepper.cr
        $checkpoint = $task | Save-CrCheckpoint $image
    }

    It 'begins with the next one to run, and marks it' {
        $found = $task | Get-CrInstruction -Count 3
        $found.Text | Should -Be 'push ebp', 'mov ebp, esp', 'mov eax, 5'
        $found.Place | Should -Be 'main', 'main+0x1', 'main+0x3'
        $found.IsNext | Should -Be $true, $false, $false
        $found[0].Address | Should -Be ($task | Get-CrRegister).Eip
        $found[1].Hex | Should -Be '89 e5'
        $found[1].Bytes | Should -Be 0x89, 0xe5
        $found[2].Symbol | Should -Be main
        $found[2].Offset | Should -Be 3
        $found[0].CrTaskId | Should -Be $task.Id
        ($found | Out-String -Width 120) | Should -Match '(?m)^=> +080480a4 main +55 +push ebp'
    }

    It 'begins at an address or a symbol: <with.Values>' -ForEach @(
        @{ with = @{ Symbol = 'factorial' } }
        @{ with = @{ Symbol = 'main+79' } }
        @{ with = @{ Symbol = 'main+0x4F' } }
        @{ with = @{ Address = 0x080480f3 } }
        @{ with = @{ Address = '080480f3' } }
    ) {
        ($task | Get-CrInstruction -Count 1 @with).Text | Should -Be 'cmp eax, 1'
    }

    It 'tells where calls and jumps lead' {
        $call = $task | Get-CrInstruction -Symbol factorial+7 -Count 1
        $call.Text | Should -Be 'call factorial'
        $call.Flow | Should -Be Call
        $call.Target | Should -Be 0x080480f3
        ($task | Get-CrInstruction -Symbol main -Count 1).Target | Should -BeNullOrEmpty
    }

    It 'goes back from a place to what leads to it' {
        $found = $task | Get-CrInstruction -Symbol factorial+12 -Before 3 -Count 1
        $found.Text | Should -Be 'push eax', 'dec eax', 'call factorial', 'pop ecx'
        @($task | Get-CrInstruction -Symbol factorial+5 -Before 9 -Count 1).Count | Should -Be 3
        ($task | Get-CrInstruction -Symbol factorial -Before 1 -Count 1).Text | Should -Be ret, 'cmp eax, 1'
    }

    It 'warns only where it cannot go back: <why>' -ForEach @(
        @{ why = 'where an instruction begins'; with = @{ Symbol = 'factorial+6' }; warnings = 0 }
        @{ why = 'in the middle of an instruction'; with = @{ Symbol = 'factorial+8' }; warnings = 1 }
        @{ why = 'where the symbol before it ends'; with = @{ Symbol = 'factorial' }; warnings = 0 }
        @{ why = 'at the beginning of the first symbol'; with = @{ Symbol = '_start' }; warnings = 1 }
        @{ why = 'where no symbol is'; with = @{ Address = 0x08048000 }; warnings = 1 }
    ) {
        $null = $task | Get-CrInstruction -Before 2 -Count 1 -WarningVariable warned -WarningAction SilentlyContinue @with
        $warned.Count | Should -Be $warnings
    }

    It 'looks into an image with the file that it leaves code to' {
        { Get-CrInstruction $image -ErrorAction Stop } | Should -Throw -ErrorId "PageNotInImage,$id"
        $live = $task | Get-CrInstruction -Count 40 | ForEach-Object { "$($_.IsNext) $_" }
        Get-CrInstruction $image -Count 40 -FilePath $stepper | ForEach-Object { "$($_.IsNext) $_" } | Should -Be $live
        Get-CrInstruction $image -Count 40 -Root $guests | ForEach-Object { "$($_.IsNext) $_" } | Should -Be $live
        $checkpoint | Get-CrInstruction -Count 40 | ForEach-Object { "$($_.IsNext) $_" } | Should -Be $live
        (Get-CrInstruction $image -Count 1 -FilePath $stepper).CrTaskId | Should -BeNullOrEmpty
    }

    It 'needs no file for code that the image holds' {
        (Get-CrInstruction $image -Address 0xb7ffe405 -Count 1).Text | Should -Be sysenter
    }

    It 'changes nothing' {
        $before = ($task | Get-CrStateHash -Scope Full).Hash
        $null = $task | Get-CrInstruction -Symbol print -Count 100 -WarningAction SilentlyContinue
        ($task | Get-CrStateHash -Scope Full).Hash | Should -Be $before
    }

    It 'refuses a place that is none' {
        { $task | Get-CrInstruction -Symbol nothing -ErrorAction Stop } | Should -Throw -ErrorId "SymbolNotFound,$id"
        { $task | Get-CrInstruction -Address 0x1000 -ErrorAction Stop } | Should -Throw -ErrorId "AddressNotMapped,$id"
        { $task | Get-CrInstruction -Address 0x08048000 -Symbol main } | Should -Throw -ErrorId "AddressAndSymbol,$id"
        { Get-CrInstruction $image -Root $TestDrive -FilePath $stepper } | Should -Throw -ErrorId "ParameterConflict,$id"
        { $task | Get-CrInstruction -Address xyz } | Should -Throw -ErrorId "ParameterArgumentTransformationError,$id"
    }

    It 'warns where memory ends' {
        $found = $task | Get-CrInstruction -Address 0x08049ffe -Count 5 -WarningVariable warned -WarningAction SilentlyContinue
        @($found).Count | Should -Be 1
        $warned.Count | Should -Be 1
    }

    It 'binds to the cmdlets of its task' {
        ($task | Get-CrInstruction -Count 1 | Get-CrRegister).Eip | Should -Be 0x080480a4
    }

    It 'completes symbols' {
        foreach ($line in "Get-CrInstruction -Id $($task.Id) -Symbol fac", 'Get-CrInstruction -Symbol fac') {
            (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain factorial
        }
    }
}
