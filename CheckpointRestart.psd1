@{
    # Loaded first: it lets the cmdlets find what lies in bin/dependencies.
    NestedModules        = @('bin/CheckpointRestart.PS.Loader.dll')
    RootModule           = 'bin/CheckpointRestart.PS.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '5c1d2a0e-6f0b-4d7e-9c37-0a3f1f6d9b52'
    Author               = 'CheckpointRestart contributors'
    CompanyName          = 'CheckpointRestart contributors'
    Copyright            = '(c) CheckpointRestart contributors. MIT licence.'
    Description          = 'Runs 32-bit x86 Linux programs on an emulated CPU and kernel, and freezes, checkpoints, inspects and restarts them.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    CmdletsToExport      = @(
        'Compare-CrCheckpoint'
        'Convert-CrCheckpoint'
        'Copy-CrFile'
        'Debug-CrTask'
        'Enter-CrTask'
        'Export-CrCheckpoint'
        'Find-CrMemory'
        'Get-CrCheckpoint'
        'Get-CrCheckpointSchedule'
        'Get-CrFileDescriptor'
        'Get-CrHeader'
        'Get-CrInstruction'
        'Get-CrMachine'
        'Get-CrMemory'
        'Get-CrObject'
        'Get-CrPage'
        'Get-CrRecord'
        'Get-CrRegister'
        'Get-CrStackTrace'
        'Get-CrStateHash'
        'Get-CrTask'
        'Get-CrVma'
        'Import-CrCheckpoint'
        'Measure-CrCheckpoint'
        'Merge-CrCheckpoint'
        'Move-CrTask'
        'New-CrRoot'
        'Receive-CrMachine'
        'Receive-CrTask'
        'Register-CrCheckpointSchedule'
        'Remove-CrTask'
        'Restore-CrCheckpoint'
        'Resume-CrCheckpointSchedule'
        'Resume-CrTask'
        'Save-CrCheckpoint'
        'Send-CrTask'
        'Set-CrEnvironment'
        'Set-CrFileDescriptor'
        'Set-CrMemory'
        'Set-CrRegister'
        'Set-CrTask'
        'Show-CrVma'
        'Start-CrTask'
        'Step-CrTask'
        'Stop-CrTask'
        'Suspend-CrTask'
        'Test-CrCheckpoint'
        'Test-CrTask'
        'Trace-CrTask'
        'Unregister-CrCheckpointSchedule'
        'Wait-CrTask'
    )
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    FormatsToProcess     = @('bin/CheckpointRestart.Format.ps1xml')
    TypesToProcess       = @('bin/CheckpointRestart.Types.ps1xml')
    PrivateData          = @{
        PSData = @{
            Tags         = @('checkpoint', 'restart', 'restore', 'snapshot', 'emulator', 'x86', 'i386', 'linux', 'process', 'debug', 'forensics', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
            LicenseUri   = 'https://opensource.org/license/mit'
            ReleaseNotes = 'CHANGELOG.md in the module''s folder lists what is new in each version.'
        }
    }
}
