using System.Management.Automation.Provider;

namespace Microsoft.PowerShell.Commands;

/// <summary>Base of the content cmdlets: files are read and written here, everything else by its provider.</summary>
public abstract class ContentCommand : ProviderCmdlet
{
    [Parameter] public SwitchParameter Force { get; set; }
    [Parameter] public object Encoding { get; set; } = "utf8NoBOM";
    [Parameter] public SwitchParameter AsByteStream { get; set; }
    [Parameter] public SwitchParameter NoNewline { get; set; }

    private protected System.Text.Encoding TextEncodingValue => (Encoding as PSObject)?.BaseObject as System.Text.Encoding ?? Encoding as System.Text.Encoding ?? TextEncoding.Parse(Encoding.ToString());

    /// <summary>Gives a provider the parameters of its own that the cmdlet was given. Here they are the file system's; in the original they come with the provider.</summary>
    private protected void SetProviderParameters(ProviderContext context, string method, string path)
    {
        if (context.Call(InvokeProvider.Content, method, path) is not { } parameters) return;
        foreach (var name in new[] { "AsByteStream", "Raw", "NoNewline", "Encoding" })
        {
            if (!MyInvocation.BoundParameters.ContainsKey(name)) continue;
            var value = GetType().GetProperty(name)!.GetValue(this);
            parameters.GetType().GetProperty(name)?.SetValue(parameters, name == "Encoding" ? TextEncodingValue : value);
        }

        context.DynamicParameters = parameters;
    }

    /// <summary>The file that a path means, or null when another provider has it.</summary>
    private protected string? FileOf(string path)
    {
        var resolved = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
        return provider.Name == "FileSystem" ? resolved : null;
    }
}

/// <summary>Get-Content.</summary>
[Cmdlet(VerbsCommon.Get, "Content", DefaultParameterSetName = "Path"), StandIn(ManagementModule)]
public sealed class GetContentCommand : ContentCommand
{
    [Parameter] public SwitchParameter Raw { get; set; }
    [Parameter, Alias("First", "Head")] public long TotalCount { get; set; } = -1;
    [Parameter, Alias("Last")] public int Tail { get; set; } = -1;
    [Parameter] public long ReadCount { get; set; } = 1;

    protected override void ProcessRecord()
    {
        foreach (var path in Paths)
            foreach (var found in Resolve(path))
                On(path, () =>
                {
                    if (found.Provider.Name == "FileSystem") ReadFile(found.ProviderPath);
                    else ReadFrom(found.Path);
                });
    }

    private void ReadFrom(string path)
    {
        var context = Context(Force, isLiteral: true);
        SetProviderParameters(context, "GetContentReaderDynamicParameters", path);
        if (Tail >= 0)
        {
            Fail("TailNotSupported", ErrorCategory.InvalidOperation, path, "The Tail parameter is not supported for this provider.");
            return;
        }

        foreach (var reader in (Collection<IContentReader>)context.Call(InvokeProvider.Content, "GetReader", path)!)
        {
            for (long left = TotalCount < 0 ? long.MaxValue : TotalCount; left > 0 && !Stopping;)
            {
                var some = reader.Read(ReadCount <= 0 ? (left == long.MaxValue ? ReadCount : left) : Math.Min(ReadCount, left));
                if (some.Count == 0) break;
                left -= some.Count;
                if (ReadCount == 1) WriteObject(some, enumerateCollection: true);
                else WriteObject(some.Cast<object>().ToArray(), enumerateCollection: false);
            }

            reader.Close();
        }
    }

    private void ReadFile(string file)
    {
        if (System.IO.Directory.Exists(file)) throw new UnauthorizedAccessException($"Unable to get content because it is a directory: '{file}'. Please use 'Get-ChildItem' instead.");
        if (AsByteStream)
        {
            var bytes = System.IO.File.ReadAllBytes(file);
            if (Raw) WriteObject(bytes);
            else WriteObject(bytes, enumerateCollection: true);
            return;
        }

        if (Raw)
        {
            // Shared, as PowerShell has it: the file may still be written.
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var all = new StreamReader(stream, TextEncodingValue);
            WriteObject(all.ReadToEnd());
            return;
        }

        var lines = ReadLines(file);
        if (TotalCount >= 0) lines = lines.Take((int)Math.Min(TotalCount, int.MaxValue));
        if (Tail >= 0) lines = lines.TakeLast(Tail);
        if (ReadCount == 0) WriteObject(lines.ToArray(), enumerateCollection: false);
        else
            foreach (var line in lines)
            {
                WriteObject(line);
                if (Stopping) return;
            }
    }

    private IEnumerable<string> ReadLines(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, TextEncodingValue);
        while (reader.ReadLine() is { } line) yield return line;
    }
}

/// <summary>Base of Set-Content and Add-Content.</summary>
public abstract class WriteContentCommand : ContentCommand
{
    private readonly List<object?> _values = [];

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Path", ValueFromPipelineByPropertyName = true)]
    public override string[]? Path { get; set; }

    [Parameter(Position = 1, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true), AllowNull, AllowEmptyCollection]
    public object?[] Value { get; set; } = [];

    [Parameter] public SwitchParameter PassThru { get; set; }

    private protected abstract bool Appends { get; }

    protected override void ProcessRecord() => _values.AddRange(Value ?? [null]);

    protected override void EndProcessing()
    {
        foreach (var path in Paths)
        {
            if (!ShouldProcess("Path: " + path, Appends ? "Add Content" : "Set Content")) continue;
            On(path, () =>
            {
                if (FileOf(path) is { } file) WriteFile(file);
                else WriteTo(path);
            });
        }

        if (PassThru) WriteObject(_values, enumerateCollection: true);
    }

    private void WriteTo(string path)
    {
        var context = Context(Force);
        SetProviderParameters(context, "GetContentWriterDynamicParameters", path);
        try
        {
            if (!Appends) InvokeProvider.Content.Clear([path], Force, IsLiteral);
        }
        catch (Exception e) when (e is ItemNotFoundException or PSNotSupportedException)
        {
            // There is nothing that could be cleared.
        }

        foreach (var writer in (Collection<IContentWriter>)context.Call(InvokeProvider.Content, "GetWriter", path)!)
        {
            if (Appends) writer.Seek(0, SeekOrigin.End);
            writer.Write(_values);
            writer.Close();
        }
    }

    private void WriteFile(string file)
    {
        if (Force && System.IO.File.Exists(file)) System.IO.File.SetAttributes(file, System.IO.File.GetAttributes(file) & ~FileAttributes.ReadOnly);
        using var stream = new FileStream(file, Appends ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        if (AsByteStream)
        {
            foreach (var value in _values) stream.WriteByte(LanguagePrimitives.ConvertTo<byte>(value));
            return;
        }

        using var writer = new StreamWriter(stream, TextEncodingValue);
        foreach (var value in _values)
        {
            writer.Write(LanguagePrimitives.ConvertTo<string>(value));
            if (!NoNewline) writer.Write(Environment.NewLine);
        }
    }
}

/// <summary>Set-Content.</summary>
[Cmdlet(VerbsCommon.Set, "Content", DefaultParameterSetName = "Path", SupportsShouldProcess = true), StandIn(ManagementModule)]
public sealed class SetContentCommand : WriteContentCommand
{
    private protected override bool Appends => false;
}

/// <summary>Add-Content.</summary>
[Cmdlet(VerbsCommon.Add, "Content", DefaultParameterSetName = "Path", SupportsShouldProcess = true), StandIn(ManagementModule)]
public sealed class AddContentCommand : WriteContentCommand
{
    private protected override bool Appends => true;
}

/// <summary>Clear-Content.</summary>
[Cmdlet(VerbsCommon.Clear, "Content", DefaultParameterSetName = "Path", SupportsShouldProcess = true), StandIn(ManagementModule)]
public sealed class ClearContentCommand : ProviderCmdlet
{
    [Parameter] public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var path in Paths)
            On(path, () =>
            {
                if (IsElsewhere(path)) Context(Force).Call(InvokeProvider.Content, "Clear", path);
                else if (ShouldProcess("Item: " + path, "Clear Content")) InvokeProvider.Content.Clear([path], Force, IsLiteral);
            });
    }
}
