# The second process of Demo.ps1: restores an image and shows five lines of what follows.
param([string] $Manifest, [string] $Image, [string] $Root)

$ErrorActionPreference = 'Stop'
Import-Module $Manifest
Restore-CrCheckpoint $Image -Root $Root | Receive-CrTask -Wait | Select-Object -First 5
