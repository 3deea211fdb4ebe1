using System.Diagnostics;
using System.Management.Automation;
using System.Text;
using CheckpointRestart.PS.Completion;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;
using CheckpointRestart.PS.Runtime.Searching;

namespace CheckpointRestart.PS.Commands;

/// <summary>Finds bytes, text, regular expressions or pointers in the memory of live tasks and images.</summary>
[Cmdlet(VerbsCommon.Find, "CrMemory", DefaultParameterSetName = PathSet), OutputType(typeof(CrMemoryMatch))]
public sealed class FindCrMemoryCommand : InspectCommand, IJobCommand
{
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Vma")]
    [ValidateNotNullOrEmpty]
    public CrVma[]? Vma { get; set; }

    /// <summary>Bytes to find.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public byte[]? Value { get; set; }

    /// <summary>Bytes to find, as pairs of hexadecimal digits.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? HexString { get; set; }

    /// <summary>Text to find.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Text { get; set; }

    /// <summary>Of <see cref="Text"/>.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = new UTF8Encoding(false);

    /// <summary>A regular expression over bytes.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Pattern { get; set; }

    /// <summary>Letters of <see cref="Pattern"/> and their capitals are the same.</summary>
    [Parameter]
    public SwitchParameter IgnoreCase { get; set; }

    /// <summary>An address: words that have it, or point into the bytes from it on.</summary>
    [Parameter]
    [AddressTransformation]
    [ArgumentCompleter(typeof(AddressCompleter))]
    public uint PointerTo { get; set; }

    /// <summary>How many bytes from <see cref="PointerTo"/> on count.</summary>
    [Parameter]
    [ValidateRange(1, uint.MaxValue)]
    public uint TargetLength { get; set; } = 1;

    /// <summary>Gives a job at once, in which the work goes on.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    MemoryPattern? wanted;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        var given = new[] { nameof(Value), nameof(HexString), nameof(Text), nameof(Pattern), nameof(PointerTo) }.Where(MyInvocation.BoundParameters.ContainsKey).ToArray();
        if (given.Length != 1)
            Fail(new CrException("OneSearchWanted", ErrorCategory.InvalidArgument, given.Length == 0 ? "It is not said what is to be found." : $"{string.Join(" and ", given.Select(static name => "-" + name))} exclude each other.", "Give one of -Value, -HexString, -Text, -Pattern and -PointerTo."), null);
        wanted = given[0] switch
        {
            nameof(Pattern) => Expression(Pattern!),
            nameof(PointerTo) => new PointerPattern(PointerTo, TargetLength),
            nameof(HexString) => new BytePattern(Hexadecimal(HexString!)),
            nameof(Text) => new BytePattern(Encoding.GetBytes(Text!)),
            _ => new BytePattern(Value!),
        };
    }

    private protected override void Inspect(Subject subject) => Search(subject, subject.Vmas());

    private protected override void InspectOther()
    {
        foreach (var vma in Vma!) Try(vma, () => Search(vma.Subject, [vma]));
    }

    void Search(Subject subject, IReadOnlyList<CrVma> regions)
    {
        long begun = Stopwatch.GetTimestamp(), count = 0;
        try
        {
            foreach (var match in new MemorySearch(subject, wanted!).Find(regions, Cancellation))
            {
                count++;
                WriteObject(match);
            }
        }
        catch (AggregateException all)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(all.Flatten().InnerExceptions[0]);
        }
        Tell($"{subject.Label}: {count:n0} matches in {regions.Count} regions, found in {Since(begun):0} ms.");
    }

    RegexPattern? Expression(string text)
    {
        try
        {
            return new RegexPattern(text, IgnoreCase);
        }
        catch (ArgumentException exception)
        {
            Fail(new CrException("InvalidPattern", ErrorCategory.InvalidArgument, $"'{text}' is no regular expression: {exception.Message}", "about_Regular_Expressions has the syntax; [regex]::Escape makes one of plain text.", exception), text);
            return null;
        }
    }

    byte[] Hexadecimal(string text)
    {
        if (HexText.Parse(text) is not { Length: > 0 } bytes)
        {
            Fail(new CrException("InvalidMemoryValue", ErrorCategory.InvalidArgument, $"'{text}' are no bytes.", "Give pairs of hexadecimal digits, such as '7f 45 4c 46'."), text);
            return [];
        }
        return bytes;
    }
}
