# Streams, encryption and signatures of images: what a user sees.

BeforeAll {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'TestHost.psm1')) -Force
    Import-TestedModule
    $counter = [IO.Path]::Combine((Get-RepositoryRoot), 'tests', 'guests', 'bin', 'counter')
    $namespace = 'CheckpointRestart.PS.Commands'

    $whole = @(Start-CrTask $counter -ArgumentList 6, 20000 -Clock Virtual | Receive-CrTask -Wait)
    $task = Start-CrTask $counter -ArgumentList 6, 20000 -Clock Virtual -Suspended | Wait-CrTask -Instruction 200000
    $before = @($task | Receive-CrTask)
    $passphrase = New-Secret 'correct horse'
    # A passphrase takes its time with each use.
    $key = New-Certificate key

    function Assert-GoesOn($restored) {
        $restored | Resume-CrTask
        @($before + @($restored | Receive-CrTask -Wait)) -join ' ' | Should -Be ($whole -join ' ')
        $restored | Remove-CrTask
    }
}

AfterAll { Get-CrTask | Remove-CrTask -Force }

Describe 'Streams' {
    It 'take an image and give it back, one behind the other: <format>' -ForEach @(@{ format = 'Extended' }, @{ format = 'V5' }) {
        $memory = [IO.MemoryStream]::new()
        $checkpoint = $task | Save-CrCheckpoint -Stream $memory -Format $format -WarningAction SilentlyContinue
        $checkpoint.Size | Should -Be $memory.Length
        $checkpoint.Path | Should -BeNullOrEmpty
        $null = $task | Save-CrCheckpoint -Stream $memory -Format $format -WarningAction SilentlyContinue
        $memory.Position = 0
        Assert-GoesOn (Restore-CrCheckpoint -Stream $memory -FilePath $counter -Suspended)
        $memory.Position | Should -Be $checkpoint.Size
        Assert-GoesOn (Restore-CrCheckpoint -Stream $memory -FilePath $counter -Suspended)
    }

    It 'need not seek: compressed' {
        $memory = [IO.MemoryStream]::new()
        $packer = [IO.Compression.GZipStream]::new($memory, [IO.Compression.CompressionMode]::Compress, $true)
        $null = $task | Save-CrCheckpoint -Stream $packer -Protection $key
        $packer.Dispose()
        $memory.Position = 0
        Assert-GoesOn (Restore-CrCheckpoint -Stream ([IO.Compression.GZipStream]::new($memory, [IO.Compression.CompressionMode]::Decompress)) -Protection $key -FilePath $counter -Suspended)
    }

    It 'give several copies' {
        $memory = [IO.MemoryStream]::new()
        $null = $task | Save-CrCheckpoint -Stream $memory
        $memory.Position = 0
        $copies = @(Restore-CrCheckpoint -Stream $memory -FilePath $counter -Suspended -Count 3)
        $copies.Count | Should -Be 3
        foreach ($copy in $copies) { Assert-GoesOn $copy }
    }

    It 'that are cut or garbage are refused with record and offset, and nothing is left' {
        $memory = [IO.MemoryStream]::new()
        $null = $task | Save-CrCheckpoint -Stream $memory
        $machines = @(Get-CrMachine).Count
        foreach ($length in 0, 5, 100, 3000, ($memory.Length - 1)) {
            $cut = [IO.MemoryStream]::new($memory.ToArray(), 0, [int]$length)
            { Restore-CrCheckpoint -Stream $cut -FilePath $counter -ErrorAction Stop } | Should -Throw -ErrorId "InvalidImage,$namespace.RestoreCrCheckpointCommand" -ExpectedMessage '* at offset *(EPIPE)*'
        }
        $garbage = [IO.MemoryStream]::new([Text.Encoding]::ASCII.GetBytes('no image ' * 100))
        { Restore-CrCheckpoint -Stream $garbage -ErrorAction Stop } | Should -Throw -ErrorId "InvalidImage,$namespace.RestoreCrCheckpointCommand" -ExpectedMessage '*at offset 0*'
        @(Get-CrMachine).Count | Should -Be $machines
    }

    It 'that cannot be written or read are said to be so' {
        $reader = [IO.MemoryStream]::new([byte[]]::new(10), $false)
        { $task | Save-CrCheckpoint -Stream $reader -ErrorAction Stop } | Should -Throw -ErrorId "StreamNotWritable,$namespace.SaveCrCheckpointCommand"
        $closed = [IO.MemoryStream]::new(); $closed.Dispose()
        { Restore-CrCheckpoint -Stream $closed -ErrorAction Stop } | Should -Throw -ErrorId "StreamNotReadable,$namespace.RestoreCrCheckpointCommand"
        $small = [IO.MemoryStream]::new([byte[]]::new(100))
        { $task | Save-CrCheckpoint -Stream $small -Stop -ErrorAction Stop } | Should -Throw
        $task.HasExited | Should -BeFalse
        { $task | Save-CrCheckpoint (Join-Path $TestDrive x.cr) -Stream ([IO.MemoryStream]::new()) } | Should -Throw -ErrorId "ParameterConflict,$namespace.SaveCrCheckpointCommand"
    }
}

Describe 'A protected image' {
    It 'is opened by each of its keys, and by every cmdlet' {
        $certificate = New-Certificate owner; $other = New-Certificate owner2 -Rsa
        $path = Join-Path $TestDrive shared.cr
        $saved = $task | Save-CrCheckpoint $path -Protection $passphrase, (Get-PublicPart $certificate), (Get-PublicPart $other)
        $saved.Protection | Should -Be Encrypted
        $saved.Size | Should -Be ([IO.FileInfo]::new($path)).Length
        foreach ($key in $passphrase, ([pscredential]::new('any', $passphrase)), $certificate, $other) {
            $opened = Get-CrCheckpoint $path -Protection $key
            $opened.Protection | Should -Be Encrypted
            $opened.SignatureStatus | Should -Be NotSigned
            $opened.Identity | Should -Be $saved.Identity
        }
        Assert-GoesOn (Restore-CrCheckpoint $path -Protection $certificate -FilePath $counter -Suspended)
        Assert-GoesOn ($opened | Restore-CrCheckpoint -FilePath $counter -Suspended)
        (Test-CrCheckpoint $path -Protection $certificate -FilePath $counter -Deep).IsValid | Should -BeTrue
        @(Get-CrRecord $path -Protection $certificate)[-1].Type | Should -Be ($saved | Get-CrRecord | Select-Object -Last 1).Type
        @($opened | Get-CrRecord).Count | Should -Be @(Get-CrRecord $path -Protection $certificate).Count
        (Get-CrRegister $path -Protection $certificate -Name eip).Value | Should -Be ($task | Get-CrRegister -Name eip).Value
        @(Get-CrObject $path -Protection $certificate -Kind task).Count | Should -BeGreaterThan 0
        [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes($path)) | Should -Not -Match 'counter|Linux'
    }

    It 'of v5 is opened as well' {
        $path = Join-Path $TestDrive five.cr
        $null = $task | Save-CrCheckpoint $path -Format V5 -Protection $key -WarningAction SilentlyContinue
        Assert-GoesOn (Restore-CrCheckpoint $path -Protection $key -FilePath $counter -Suspended)
        (Get-CrHeader $path -Protection $key).Format | Should -Be V5
    }

    It 'stays shut without its key, and says what it takes' {
        $path = Join-Path $TestDrive shut.cr
        $null = $task | Save-CrCheckpoint $path -Protection $passphrase
        { Get-CrCheckpoint $path -ErrorAction Stop } | Should -Throw -ErrorId "ProtectionKeyNeeded,$namespace.GetCrCheckpointCommand" -ExpectedMessage '*it takes a passphrase to open it*'
        { Restore-CrCheckpoint $path -Protection (New-Secret other) -ErrorAction Stop } | Should -Throw -ErrorId "ProtectionKeyWrong,$namespace.RestoreCrCheckpointCommand"
        { Test-CrCheckpoint $path -Protection (New-Certificate stranger) -ErrorAction Stop } | Should -Throw -ErrorId "ProtectionKeyWrong,$namespace.TestCrCheckpointCommand"
        { Get-CrRecord $path -ErrorAction Stop } | Should -Throw -ErrorId "ProtectionKeyNeeded,$namespace.GetCrRecordCommand"
        { Get-CrVma $path -ErrorAction Stop } | Should -Throw -ErrorId "ProtectionKeyNeeded,$namespace.GetCrVmaCommand"
        { Restore-CrCheckpoint -Stream ([IO.MemoryStream]::new([IO.File]::ReadAllBytes($path))) -ErrorAction Stop } | Should -Throw -ErrorId "ProtectionKeyNeeded,$namespace.RestoreCrCheckpointCommand"
        $certificate = New-Certificate owner
        $null = $task | Save-CrCheckpoint $path -Force -Protection $certificate
        { Get-CrCheckpoint $path -Protection (Get-PublicPart $certificate) -ErrorAction Stop } | Should -Throw -ErrorId "ProtectionKeyUnusable,$namespace.GetCrCheckpointCommand"
    }

    It 'with an altered byte is refused with chunk and offset' {
        $path = Join-Path $TestDrive altered.cr
        $null = $task | Save-CrCheckpoint $path -Protection $key
        $bytes = [IO.File]::ReadAllBytes($path)
        $bytes[5000] = $bytes[5000] -bxor 1
        [IO.File]::WriteAllBytes($path, $bytes)
        { Get-CrCheckpoint $path -Protection $key -ErrorAction Stop } | Should -Throw -ErrorId "InvalidImage,$namespace.GetCrCheckpointCommand" -ExpectedMessage 'chunk 0 at offset *: a chunk is the one that was encrypted at its place (EIO)'
        $found = Test-CrCheckpoint $path -Protection $key
        $found.IsValid | Should -BeFalse
        $found.Problems[0] | Should -BeLike 'chunk 0 at offset *'
        [IO.File]::WriteAllBytes($path, $bytes[0..20000])
        { Get-CrCheckpoint $path -Protection $key -ErrorAction Stop } | Should -Throw -ErrorId "InvalidImage,$namespace.GetCrCheckpointCommand" -ExpectedMessage '*(EPIPE)'
    }

    It 'takes keys of the right kind, and goes somewhere' {
        { $task | Save-CrCheckpoint (Join-Path $TestDrive y.cr) -Protection text } | Should -Throw -ErrorId "ParameterArgumentTransformationError,$namespace.SaveCrCheckpointCommand"
        { $task | Save-CrCheckpoint (Join-Path $TestDrive y.cr) -Protection ([securestring]::new()) } | Should -Throw -ErrorId "ParameterArgumentTransformationError,$namespace.SaveCrCheckpointCommand"
        { $task | Save-CrCheckpoint -Protection $passphrase } | Should -Throw -ErrorId "ParameterConflict,$namespace.SaveCrCheckpointCommand"
        { $task | Save-CrCheckpoint -SigningCertificate (New-Certificate a) } | Should -Throw -ErrorId "ParameterConflict,$namespace.SaveCrCheckpointCommand"
    }
}

Describe 'A signed image' {
    BeforeAll {
        $signer = New-Certificate signer
        $signed = Join-Path $TestDrive signed.cr
        $saved = $task | Save-CrCheckpoint $signed -SigningCertificate $signer
    }

    It 'shows who has signed it and what that is worth' {
        $saved.Protection | Should -Be Signed
        $opened = Get-CrCheckpoint $signed
        $opened.SignatureStatus | Should -Be NotTrusted
        $opened.Signer.Subject | Should -Be 'CN=signer'
        $opened.Protection | Should -Be Signed
        (Get-CrCheckpoint $signed -TrustedSigner (Get-PublicPart $signer)).SignatureStatus | Should -Be Valid
        (Test-CrCheckpoint $signed -TrustedSigner (Get-PublicPart $signer)).SignatureStatus | Should -Be Valid
        Assert-GoesOn (Restore-CrCheckpoint $signed -TrustedSigner $signer -FilePath $counter -Suspended)
        $both = Join-Path $TestDrive both.cr
        ($task | Save-CrCheckpoint $both -SigningCertificate $signer -Protection $key).Protection | Should -Be 'Encrypted, Signed'
        Assert-GoesOn (Restore-CrCheckpoint $both -TrustedSigner $signer -Protection $key -FilePath $counter -Suspended)
    }

    It 'is refused when somebody else is trusted, and one without a signature too' {
        $other = New-Certificate other
        { Restore-CrCheckpoint $signed -TrustedSigner $other -ErrorAction Stop } | Should -Throw -ErrorId "SignerNotTrusted,$namespace.RestoreCrCheckpointCommand"
        $plain = Join-Path $TestDrive plain.cr
        $null = $task | Save-CrCheckpoint $plain
        { Restore-CrCheckpoint $plain -TrustedSigner $signer -ErrorAction Stop } | Should -Throw -ErrorId "ImageNotSigned,$namespace.RestoreCrCheckpointCommand"
        { $task | Save-CrCheckpoint (Join-Path $TestDrive z.cr) -SigningCertificate (Get-PublicPart $signer) -ErrorAction Stop } | Should -Throw -ErrorId "ProtectionKeyUnusable,$namespace.SaveCrCheckpointCommand"
        Test-Path (Join-Path $TestDrive z.cr) | Should -BeFalse
    }

    It 'is refused when a byte of a page is altered' {
        $bytes = [IO.File]::ReadAllBytes($signed)
        $bytes[-9000] = $bytes[-9000] -bxor 1
        $altered = Join-Path $TestDrive signed-altered.cr
        [IO.File]::WriteAllBytes($altered, $bytes)
        (Test-CrCheckpoint $altered).Problems[0] | Should -BeLike 'chunk * at offset *: a chunk is the one that was signed (EIO)'
    }
}
