using System.Management.Automation;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gets instructions, disassembled, from the next one to run or from anywhere else.</summary>
[Cmdlet(VerbsCommon.Get, "CrInstruction", DefaultParameterSetName = PathSet), OutputType(typeof(CrInstruction))]
public sealed class GetCrInstructionCommand : InspectFilesCommand
{
    /// <summary>Linear address of the first instruction.</summary>
    [Parameter]
    [AddressTransformation]
    [ArgumentCompleter(typeof(AddressCompleter))]
    public uint Address { get; set; }

    /// <summary>A symbol, or one with an offset.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SymbolCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Symbol { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = 10;

    /// <summary>Instructions in front of the first.</summary>
    [Parameter]
    [ValidateRange(0, 1 << 20)]
    public int Before { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (MyInvocation.BoundParameters.ContainsKey(nameof(Address)) && Symbol is not null)
            Fail(new CrException("AddressAndSymbol", ErrorCategory.InvalidArgument, "An address and a symbol are two places.", "Give -Address or -Symbol."), Symbol);
    }

    private protected override void Inspect(Subject subject)
    {
        using var code = subject.Code(Files);
        uint start = Symbol is not null ? code.Resolve(Symbol) : MyInvocation.BoundParameters.ContainsKey(nameof(Address)) ? Address : code.Next;
        if (Before > 0)
        {
            var earlier = code.Before(start, Before).ToArray();
            if (earlier.Length == 0) WriteWarning($"What lies in front of {start:x8} cannot be told: code is read from the beginning of a symbol, and {subject.Label} has none that leads there.");
            WriteObject(earlier, enumerateCollection: true);
        }
        int written = 0;
        foreach (var instruction in code.From(start, Count))
        {
            Cancellation.ThrowIfCancellationRequested();
            WriteObject(instruction);
            written++;
        }
        if (written < Count) WriteWarning($"{Lifecycle.Sentence(subject.Label)} has no more code: {written} of {Count} instructions were read.");
    }
}
