# Imports the module from this repository, then does what the arguments ask: -File <script> [arguments], -Command <text>, or nothing (with -NoExit: a prompt).
# No parameters of its own, so that all of them reach the script.
$ErrorActionPreference = 'Stop'
Import-Module ([IO.Path]::Combine($PSScriptRoot, '..', 'CheckpointRestart.psd1'))
$ErrorActionPreference = 'Continue'
if ($args.Count -gt 0) {
    # The outer @() keeps a single argument a list: a lone string would be splatted letter by letter.
    $rest = @(if ($args.Count -gt 2) { $args[2..($args.Count - 1)] })
    switch -Regex ($args[0]) {
        '^-f(ile)?$' {
            $global:LASTEXITCODE = 0
            & $args[1] @rest
            exit $LASTEXITCODE
        }
        '^-c(ommand)?$' {
            . ([scriptblock]::Create((@($args[1]) + $rest) -join ' '))
            exit [int](-not $?)
        }
        default {
            throw "Shell takes -File <script> [arguments] or -Command <text>, not '$_'."
        }
    }
}
