# Get-CrRecord: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $guests = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin')
    $counter = [IO.Path]::Combine($guests, 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

. ([IO.Path]::Combine($PSScriptRoot, 'Inspection.ps1')) Get-CrRecord -Least 10

Describe 'Get-CrRecord' {
    BeforeAll {
        $task = Start-CrTask $counter -Suspended | Wait-CrTask -Instruction 300000
        $image = Join-Path $TestDrive counter.cr
        $checkpoint = $task | Save-CrCheckpoint $image -Format V5
    }

    It 'gives the records in the order of the reference' {
        $records = Get-CrRecord $image
        $records[0].Type | Should -Be Head
        $records[0].Offset | Should -Be 0
        $records[0].Payload.rev | Should -Be 2
        $records[1].Offset | Should -Be 232
        ($records | Where-Object Type -eq Task).Payload.task_comm_len | Should -Be 16
        ($records | Where-Object Type -eq String).Payload.text | Should -Be counter
        $records[-1].Type | Should -Be Tail
    }

    It 'gives the same of the task, of the checkpoint and of the file' {
        $file = Get-CrRecord $image | ForEach-Object { "$($_.Offset) $($_.Type) $($_.Length)" }
        $checkpoint | Get-CrRecord | ForEach-Object { "$($_.Offset) $($_.Type) $($_.Length)" } | Should -Be $file
        $task | Get-CrRecord | ForEach-Object { "$($_.Offset) $($_.Type) $($_.Length)" } | Should -Be $file
    }

    It 'gives records of one type' {
        @(Get-CrRecord $image -Type Vma).Count | Should -Be @(Get-CrVma $image).Count
        (Get-CrRecord $image -Type Vma | Select-Object -First 1).Payload.vm_start | Should -Be (Get-CrVma $image)[0].Start
    }

    It 'gives the records of the container of an Extended image' {
        $extended = $task | Save-CrCheckpoint (Join-Path $TestDrive whole.cr)
        $records = Get-CrRecord $extended.Path
        $records[0].Payload.rev | Should -Be 16
        $records.Name | Should -Contain OBJECT
        $records[-1].Name | Should -Be END
        ($records | Where-Object Name -eq CONTENTS).Payload.objects | Should -Be @(Get-CrObject $extended.Path).Count
        @($extended | Get-CrRecord -Type Object).Count | Should -Be @(Get-CrObject $extended.Path).Count
    }

    It 'gives the records before a break, then the error' {
        $short = Join-Path $TestDrive short.cr
        [IO.File]::WriteAllBytes($short, [IO.File]::ReadAllBytes($image)[0..299])
        $records = Get-CrRecord $short -ErrorAction SilentlyContinue -ErrorVariable problem
        $records[0].Type | Should -Be Head
        $problem[0].FullyQualifiedErrorId | Should -Be "InvalidImage,$namespace.GetCrRecordCommand"
    }
}
