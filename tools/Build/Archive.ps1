# The archive form of a module, as galleries take and give it: NuGet's, with a nuspec made of the manifest.

# What a nuspec says of the module. Tags name what it has, so that Find-Module finds it by a cmdlet.
function New-Nuspec([hashtable] $Manifest, [string] $ProjectAddress) {
    $data = $Manifest.PrivateData.PSData
    $tags = @($data.Tags) + 'PSModule', 'PSIncludes_Cmdlet' + $Manifest.CmdletsToExport.ForEach({ "PSCmdlet_$_" }) + $Manifest.CmdletsToExport.ForEach({ "PSCommand_$_" })
    $escape = { [Security.SecurityElement]::Escape($args[0]) }
    $project = if ($ProjectAddress) { "`n    <projectUrl>$(& $escape $ProjectAddress)</projectUrl>`n    <repository type=`"git`" url=`"$(& $escape $ProjectAddress)`" />" }
    @"
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>CheckpointRestart</id>
    <version>$($Manifest.ModuleVersion)</version>
    <authors>$(& $escape $Manifest.Author)</authors>
    <owners>$(& $escape $Manifest.CompanyName)</owners>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
    <license type="expression">MIT</license>
    <icon>icon.png</icon>
    <readme>README.md</readme>$project
    <description>$(& $escape $Manifest.Description)</description>
    <releaseNotes>$(& $escape $data.ReleaseNotes)</releaseNotes>
    <copyright>$(& $escape $Manifest.Copyright)</copyright>
    <tags>$(& $escape ($tags -join ' '))</tags>
  </metadata>
</package>
"@.Replace("`r", '') + "`n"
}

# An archive of text and files by name: sorted, of one time, so that equal contents are equal bytes.
function Write-Archive([Collections.IDictionary] $Entries, [string] $Path) {
    $file = [IO.File]::Create($Path)
    try {
        $archive = [IO.Compression.ZipArchive]::new($file, [IO.Compression.ZipArchiveMode]::Create, $true)
        try {
            $names = [string[]]@($Entries.Keys)
            [Array]::Sort($names, [StringComparer]::Ordinal)
            foreach ($name in $names) {
                $entry = $archive.CreateEntry($name, [IO.Compression.CompressionLevel]::Optimal)
                $entry.LastWriteTime = [DateTimeOffset]::new(2000, 1, 1, 0, 0, 0, [timespan]::Zero)
                $bytes = [byte[]]$Entries[$name]
                $stream = $entry.Open()
                try { $stream.Write($bytes, 0, $bytes.Length) } finally { $stream.Dispose() }
            }
        }
        finally { $archive.Dispose() }
    }
    finally { $file.Dispose() }
}

# A module's folder as a package: its files, the nuspec, and the parts that the packaging conventions ask for.
function Write-GalleryPackage([string] $Folder, [hashtable] $Manifest, [string] $ProjectAddress, [string] $Path) {
    $utf8 = [Text.UTF8Encoding]::new($false)
    $entries = @{}
    foreach ($file in [IO.Directory]::GetFiles($Folder, '*', 'AllDirectories')) { $entries[[IO.Path]::GetRelativePath($Folder, $file).Replace('\', '/')] = [IO.File]::ReadAllBytes($file) }
    # An extension is a type; a name without one has to be told by itself.
    $extensions = $entries.Keys.ForEach({ [IO.Path]::GetExtension($_).TrimStart('.') }).Where({ $_ }) + 'nuspec', 'psmdcp' | Sort-Object -Unique
    $bare = @($entries.Keys.Where({ -not [IO.Path]::GetExtension($_) }) | Sort-Object)
    $nuspec = New-Nuspec $Manifest $ProjectAddress
    $identity = [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($utf8.GetBytes($nuspec))).ToLowerInvariant().Substring(0, 32)
    $properties = "package/services/metadata/core-properties/$identity.psmdcp"
    $entries['CheckpointRestart.nuspec'] = $utf8.GetBytes($nuspec)
    $entries['[Content_Types].xml'] = $utf8.GetBytes('<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">' +
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" />' +
        (-join $extensions.ForEach({ $type = if ($_ -eq 'psmdcp') { 'application/vnd.openxmlformats-package.core-properties+xml' } else { 'application/octet' }; "<Default Extension=`"$_`" ContentType=`"$type`" />" })) +
        (-join $bare.ForEach({ "<Override PartName=`"/$_`" ContentType=`"application/octet`" />" })) + '</Types>')
    $entries['_rels/.rels'] = $utf8.GetBytes('<?xml version="1.0" encoding="utf-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">' +
        '<Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/CheckpointRestart.nuspec" Id="R1" />' +
        "<Relationship Type=`"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties`" Target=`"/$properties`" Id=`"R2`" /></Relationships>")
    $escape = { [Security.SecurityElement]::Escape($args[0]) }
    $entries[$properties] = $utf8.GetBytes('<?xml version="1.0" encoding="utf-8"?><coreProperties xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns="http://schemas.openxmlformats.org/package/2006/metadata/core-properties">' +
        "<dc:creator>$(& $escape $Manifest.Author)</dc:creator><dc:description>$(& $escape $Manifest.Description)</dc:description><dc:identifier>CheckpointRestart</dc:identifier><version>$($Manifest.ModuleVersion)</version></coreProperties>")
    Write-Archive $entries $Path
}
