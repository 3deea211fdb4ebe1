using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gets bytes of guest memory: as lines of a hexadecimal view, as a stream, or as one array.</summary>
[Cmdlet(VerbsCommon.Get, "CrMemory", DefaultParameterSetName = PathSet), OutputType(typeof(CrMemory), typeof(byte), typeof(byte[]))]
public sealed class GetCrMemoryCommand : InspectCommand
{
    const int Piece = 1 << 16;

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Vma")]
    [ValidateNotNullOrEmpty]
    public CrVma[]? Vma { get; set; }

    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Page")]
    [ValidateNotNullOrEmpty]
    public CrPage[]? Page { get; set; }

    /// <summary>First byte.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TaskSet)]
    [Parameter(Mandatory = true, ParameterSetName = IdSet)]
    [Parameter(Mandatory = true, ParameterSetName = NameSet)]
    [Parameter(Mandatory = true, ParameterSetName = PropertySet)]
    [Parameter(Mandatory = true, ParameterSetName = CheckpointSet)]
    [Parameter(Mandatory = true, ParameterSetName = ImageTaskSet)]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = PathSet)]
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet)]
    [AddressTransformation]
    [ArgumentCompleter(typeof(AddressCompleter))]
    public uint Address { get; set; }

    /// <summary>Bytes.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Length { get; set; } = 256;

    /// <summary>Single bytes instead of lines.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>One array instead of lines.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    private protected override void Inspect(Subject subject) => Write(subject, Address, Length);

    private protected override void InspectOther()
    {
        bool limited = MyInvocation.BoundParameters.ContainsKey(nameof(Length));
        foreach (var vma in Vma ?? []) Try(vma, () => Write(vma.Subject, vma.Start, (int)Math.Min(limited ? (uint)Length : int.MaxValue, vma.Size)));
        foreach (var page in Page ?? []) Try(page, () => Write(page.Vma.Subject, page.Address, limited ? Math.Min(Length, 4096) : 4096));
    }

    void Write(Subject subject, uint address, int length)
    {
        using var all = Raw ? new MemoryStream() : null;
        for (int done = 0; done < length;)
        {
            Cancellation.ThrowIfCancellationRequested();
            var bytes = subject.ReadAll(address, Math.Min(Piece, length - done));
            if (bytes.Length == 0)
            {
                if (done == 0) throw new CrException("AddressNotMapped", ErrorCategory.ObjectNotFound, $"{subject.Label} has no memory at {address:x8}.", "Get-CrVma lists the regions.");
                WriteWarning($"{subject.Label} has no memory at {address:x8}: {done} of {length} bytes were read.");
                break;
            }
            if (all is not null) all.Write(bytes);
            else if (AsByteStream) WriteObject(bytes, enumerateCollection: true);
            else foreach (var line in Lines(subject, address, bytes)) WriteObject(line);
            done += bytes.Length;
            address += (uint)bytes.Length;
        }
        if (all is not null) WriteObject(all.ToArray(), enumerateCollection: false);
    }

    static IEnumerable<CrMemory> Lines(Subject subject, uint address, byte[] bytes)
    {
        for (int i = 0; i < bytes.Length; i += CrMemory.LineLength)
            yield return new CrMemory(address + (uint)i, bytes[i..Math.Min(i + CrMemory.LineLength, bytes.Length)], subject.Label);
    }
}
